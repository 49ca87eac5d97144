/** A number of places, handed out in the order they are asked for. */
export class Room {
  #free: number;
  readonly #waiting: { enter: () => void; refuse: (error: Error) => void }[] = [];
  #closed: Error | null = null;

  constructor(places: number) {
    this.#free = places;
  }

  /** Resolves when there is a place; rejects when the room is closed before. */
  async enter(): Promise<void> {
    if (this.#closed) throw this.#closed;
    if (this.#free > 0) {
      this.#free--;
      return;
    }
    await new Promise<void>((enter, refuse) => this.#waiting.push({ enter, refuse }));
  }

  leave(): void {
    const next = this.#waiting.shift();
    if (next) next.enter();
    else this.#free++;
  }

  /** Nobody enters any more; those who wait are told `error`. */
  close(error: Error): void {
    this.#closed = error;
    for (const { refuse } of this.#waiting.splice(0)) refuse(error);
  }
}
