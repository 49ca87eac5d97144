/** The excuse stays valid for this long, because a server that was frozen during the outage reports it only when it is thawed. */
const EXCUSED_AFTER_MS = 15_000;

/** Whether the database was disturbed lately: the only excuse for an answer of 500 and above. */
export class Excuse {
  #disturbances = 0;
  #lastEndedAt = -Infinity;
  readonly #disturbed: { from: number; to: number }[] = [];

  /** Runs a fault of the database. */
  async during<T>(fault: () => Promise<T>): Promise<T> {
    this.#disturbances += 1;
    const disturbance = { from: Date.now(), to: Infinity };
    this.#disturbed.push(disturbance);
    try {
      return await fault();
    } finally {
      this.#disturbances -= 1;
      this.#lastEndedAt = performance.now();
      disturbance.to = Date.now() + EXCUSED_AFTER_MS;
    }
  }

  get isValid(): boolean {
    return this.#disturbances > 0 || performance.now() - this.#lastEndedAt < EXCUSED_AFTER_MS;
  }

  /** Whether it was valid at any time between these two (epoch ms). */
  wasValid(from: number, to: number): boolean {
    return this.#disturbed.some((disturbance) => disturbance.from < to && from < disturbance.to);
  }
}
