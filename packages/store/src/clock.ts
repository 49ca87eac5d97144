import type { Dialect } from './dialect.ts';

/** The database's clock. Processes that share a database use its clock, so their own clocks need not agree. */
export class StoreClock {
  readonly #dialect: Pick<Dialect, 'now'>;
  readonly #ofThisMachine: () => number;
  /** How far the database's clock is ahead of this machine's. */
  #aheadMs = 0;

  /** @param ofThisMachine this machine's clock, epoch ms. */
  constructor(dialect: Pick<Dialect, 'now'>, ofThisMachine: () => number) {
    this.#dialect = dialect;
    this.#ofThisMachine = ofThisMachine;
  }

  /** Epoch ms, computed from this machine's clock and from what the database last said. Asks nothing. */
  now(): number {
    return this.#ofThisMachine() + this.#aheadMs;
  }

  /**
   * Asks the database. The answer was right at some time between question and answer, so a slow answer changes the estimate
   * only as far as it contradicts it. @returns epoch ms.
   */
  async read(): Promise<number> {
    const askedAt = this.#ofThisMachine();
    const now = await this.#dialect.now();
    const [least, most] = [now - this.#ofThisMachine(), now - askedAt];
    this.#aheadMs = Math.max(least, Math.min(most, this.#aheadMs));
    return now;
  }

  /**
   * To be called at once after the database's clock was read, because it compares the clock with this machine's.
   * @param now the database's clock, or an estimate that is right to a few ms.
   */
  wasRead(now: number): void {
    this.#aheadMs = now - this.#ofThisMachine();
  }
}
