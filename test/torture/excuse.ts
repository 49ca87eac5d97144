/** A server that was frozen meanwhile answers for the outage when it is thawed. */
const EXCUSED_AFTER_MS = 15_000;

/** Whether the database was disturbed lately: the only excuse for an answer of 500 and above. */
export class Excuse {
  #disturbances = 0;
  #lastEndedAt = -Infinity;

  /** Runs a fault of the database. */
  async during<T>(fault: () => Promise<T>): Promise<T> {
    this.#disturbances += 1;
    try {
      return await fault();
    } finally {
      this.#disturbances -= 1;
      this.#lastEndedAt = performance.now();
    }
  }

  get isValid(): boolean {
    return this.#disturbances > 0 || performance.now() - this.#lastEndedAt < EXCUSED_AFTER_MS;
  }
}
