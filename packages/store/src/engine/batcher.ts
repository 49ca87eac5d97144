/** Too many requests are waiting. The client gets a 503 and may try again later. */
export class QueueFull extends Error {
  override readonly name = 'QueueFull';
}

export interface BatcherLimits {
  /** Items in one batch. */
  maxItems: number;
  /** Total weight (bytes) of one batch. An item that is heavier by itself gets a batch of its own. */
  maxWeight: number;
  /** How many batches may run at once. */
  maxInFlight: number;
  /** Items waiting for a batch, and their weight (bytes) together. */
  maxWaiting: number;
  maxWaitingWeight: number;
}

/** One item of a batch, with the functions that answer it. A batch must answer each of its entries. */
export interface Entry<Item, Result> {
  readonly item: Item;
  /** When it came, by `performance.now()`. */
  readonly since: number;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

/** How long a batch took. */
export interface BatchTimes {
  /** How long the item that came first waited for the batch to begin. */
  waitedMs: number;
  ms: number;
}

export interface BatcherOptions<Item, Result> {
  limits: BatcherLimits;
  /** Answers the entries of a batch. If it rejects, so do the entries that it has not answered. */
  run(entries: Entry<Item, Result>[]): Promise<void>;
  /** Called after each `run`, even if it failed. */
  ended?(entries: Entry<Item, Result>[], times: BatchTimes): void;
}

interface Waiting<Item, Result> extends Entry<Item, Result> {
  readonly weight: number;
}

/**
 * Items that arrive while a batch runs form the next one. There is no timer and no artificial delay: a lone item starts
 * as soon as the event loop has read what else arrived with it.
 */
export class Batcher<Item, Result> {
  readonly #options: BatcherOptions<Item, Result>;
  readonly #limits: BatcherLimits;
  #waiting: Waiting<Item, Result>[] = [];
  #waitingWeight = 0;
  #inFlight = 0;
  #scheduled = false;
  /** When the last batch was answered, or when the first item came after an idle time; by `performance.now()`. */
  #progressAt = 0;
  readonly #idle: (() => void)[] = [];

  constructor(options: BatcherOptions<Item, Result>) {
    this.#options = options;
    this.#limits = options.limits;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** For how many ms no batch has been answered; 0 if no item waits and no batch runs. */
  get silentMs(): number {
    return this.#isIdle ? 0 : performance.now() - this.#progressAt;
  }

  get #isIdle(): boolean {
    return this.#waiting.length === 0 && this.#inFlight === 0;
  }

  /** @throws QueueFull (as a rejection) beyond `maxWaiting` and `maxWaitingWeight`. */
  add(item: Item, weight: number): Promise<Result> {
    const { maxWaiting, maxWaitingWeight } = this.#limits;
    const { length } = this.#waiting;
    // A single item may be heavier than the limit. It is accepted if nothing else waits.
    if (length >= maxWaiting || (length > 0 && this.#waitingWeight + weight > maxWaitingWeight)) {
      const waiting = `${length} requests with ${this.#waitingWeight} bytes in total are waiting already`;
      return Promise.reject(new QueueFull(waiting));
    }
    return this.addAlways(item, weight);
  }

  /** Ignores the limits. For requests that were accepted before, and for the server's own work, which has other limits. */
  addAlways(item: Item, weight: number): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      const since = performance.now();
      if (this.#isIdle) this.#progressAt = since;
      this.#waiting.push({ item, weight, since, resolve, reject });
      this.#waitingWeight += weight;
      this.#scheduleBatch();
    });
  }

  /** Resolves when no item waits and no batch runs. */
  async drain(): Promise<void> {
    if (this.#isIdle) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** @param seen how many items waited one turn of the event loop ago. */
  #scheduleBatch(seen = 0): void {
    if (this.#scheduled || this.#waiting.length === 0 || this.#inFlight >= this.#limits.maxInFlight) return;
    this.#scheduled = true;
    // setImmediate runs after the poll phase, so all requests that this turn of the loop has read go into one batch.
    setImmediate(() => {
      this.#scheduled = false;
      const { length } = this.#waiting;
      // While another batch runs, wait as long as each turn of the loop brings more items.
      if (this.#inFlight > 0 && length > seen && length < this.#limits.maxItems) {
        this.#scheduleBatch(length);
      } else {
        void this.#runBatch();
        this.#scheduleBatch();
      }
    });
  }

  async #runBatch(): Promise<void> {
    const { run, ended } = this.#options;
    const batch = this.#takeBatch();
    const startedAt = performance.now();
    this.#inFlight++;
    try {
      await run(batch).finally(() => {
        const waitedMs = startedAt - (batch[0]?.since ?? startedAt);
        ended?.(batch, { waitedMs, ms: performance.now() - startedAt });
      });
    } catch (error) {
      batch.forEach((entry) => entry.reject(error));
    }
    this.#inFlight--;
    this.#progressAt = performance.now();
    this.#scheduleBatch();
    if (this.#isIdle) this.#idle.splice(0).forEach((resolve) => resolve());
  }

  #takeBatch(): Waiting<Item, Result>[] {
    let weight = 0;
    let count = 0;
    for (const waiting of this.#waiting) {
      if (count >= this.#limits.maxItems) break;
      if (count > 0 && weight + waiting.weight > this.#limits.maxWeight) break;
      weight += waiting.weight;
      count++;
    }
    this.#waitingWeight -= weight;
    return this.#waiting.splice(0, count);
  }
}
