interface Waiting {
  enter: () => void;
  refuse: (error: Error) => void;
}

/** A semaphore: a limited number of places, given out in the order of the requests. */
export class Room {
  #free: number;
  readonly #waiting = new Set<Waiting>();
  #closed: Error | null = null;

  constructor(places: number) {
    this.#free = places;
  }

  /**
   * Resolves when the caller has a place. Rejects with `late` if it gets none within `patienceMs`, and with the error
   * of `close` if the room closes.
   */
  async enter(patienceMs: number, late: Error): Promise<void> {
    if (this.#closed) throw this.#closed;
    if (this.#free > 0) {
      this.#free--;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => waiting.refuse(late), patienceMs);
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(waiting);
      };
      const waiting: Waiting = {
        enter: () => {
          done();
          resolve();
        },
        refuse: (error) => {
          done();
          reject(error);
        },
      };
      this.#waiting.add(waiting);
    });
  }

  leave(): void {
    const [next] = this.#waiting;
    if (next) next.enter();
    else this.#free++;
  }

  /** Stops giving out places. Waiting callers are rejected with `error`. */
  close(error: Error): void {
    this.#closed = error;
    for (const { refuse } of this.#waiting) refuse(error);
  }
}
