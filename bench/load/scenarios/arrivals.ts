/** Lets rounds wait for messages of a stream. The message may arrive before or after the round waits. */
export class Arrivals<T> {
  readonly #waiting = new Map<string, (arrived: T) => void>();
  readonly #early = new Map<string, T>();

  arrive(id: string, arrived: T): void {
    const waiter = this.#waiting.get(id);
    if (waiter === undefined) {
      this.#early.set(id, arrived);
    } else {
      this.#waiting.delete(id);
      waiter(arrived);
    }
  }

  wait(id: string): Promise<T> {
    const early = this.#early.get(id);
    if (early !== undefined) {
      this.#early.delete(id);
      return Promise.resolve(early);
    }
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }
}
