/** More waits than the bound allows: the client may come back later (503). */
export class QueueFull extends Error {
  override readonly name = 'QueueFull';
}

export interface BatcherLimits {
  /** Items in one batch. */
  maxItems: number;
  /** Total weight (bytes) of one batch; a single heavier item still goes, alone. */
  maxWeight: number;
  /** Batches under way at once. */
  maxInFlight: number;
  /** Items waiting for a batch. */
  maxWaiting: number;
}

interface Waiting<Item, Result> {
  item: Item;
  weight: number;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

/** One item of a batch and where its result goes; a batch must answer every one of its entries. */
export interface Entry<Item, Result> {
  readonly item: Item;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

/**
 * Natural batching: what arrives while a batch is under way forms the next one. No timer and no artificial delay:
 * a lone item goes as soon as the event loop has read what else already arrived.
 */
export class Batcher<Item, Result> {
  readonly #run: (entries: Entry<Item, Result>[]) => Promise<void>;
  readonly #limits: BatcherLimits;
  #waiting: Waiting<Item, Result>[] = [];
  #inFlight = 0;
  #scheduled = false;
  readonly #idle: (() => void)[] = [];

  constructor(limits: BatcherLimits, run: (entries: Entry<Item, Result>[]) => Promise<void>) {
    this.#limits = limits;
    this.#run = run;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** @throws QueueFull (as a rejection) beyond `maxWaiting`. */
  submit(item: Item, weight: number): Promise<Result> {
    if (this.#waiting.length >= this.#limits.maxWaiting) {
      return Promise.reject(new QueueFull(`${this.#waiting.length} requests are waiting already`));
    }
    return new Promise<Result>((resolve, reject) => {
      this.#waiting.push({ item, weight, resolve, reject });
      this.#schedule();
    });
  }

  /** Resolves when nothing waits and nothing is under way. */
  async drain(): Promise<void> {
    if (this.#waiting.length === 0 && this.#inFlight === 0) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #schedule(): void {
    if (this.#scheduled || this.#waiting.length === 0 || this.#inFlight >= this.#limits.maxInFlight) return;
    this.#scheduled = true;
    // After the poll phase: all requests that this turn of the loop has read go into one batch.
    setImmediate(() => {
      this.#scheduled = false;
      this.#start();
      this.#schedule();
    });
  }

  #start(): void {
    const batch = this.#take();
    if (batch.length === 0) return;
    this.#inFlight++;
    void this.#run(batch)
      .catch((error: unknown) => batch.forEach((entry) => entry.reject(error)))
      .finally(() => {
        this.#inFlight--;
        this.#schedule();
        if (this.#waiting.length === 0 && this.#inFlight === 0) this.#idle.splice(0).forEach((resolve) => resolve());
      });
  }

  #take(): Waiting<Item, Result>[] {
    let weight = 0;
    let count = 0;
    for (const waiting of this.#waiting) {
      if (count >= this.#limits.maxItems) break;
      weight += waiting.weight;
      if (count > 0 && weight > this.#limits.maxWeight) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }
}
