interface Waiting {
  enter: () => void;
  refuse: (error: Error) => void;
}

/** Limits how many callers run at once. The others wait in the order in which they came. */
export class Semaphore {
  #free: number;
  readonly #waiting = new Set<Waiting>();
  #closed: Error | null = null;

  constructor(places: number) {
    this.#free = places;
  }

  /**
   * Resolves when the caller may run; it must then call `leave`. Rejects with `late` after `waitMs`, and with the
   * error of `close` if that is called first.
   */
  async enter(waitMs: number, late: Error): Promise<void> {
    if (this.#closed) throw this.#closed;
    if (this.#free > 0) {
      this.#free--;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => waiting.refuse(late), waitMs);
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

  /** Rejects waiting and later callers with `error`. */
  close(error: Error): void {
    this.#closed = error;
    for (const { refuse } of this.#waiting) refuse(error);
  }
}
