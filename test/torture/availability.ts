/** Measures the longest time in which no client got an answer from the cluster. */
export class Availability {
  #startedAt = 0;
  #answeredAt: number | null = null;
  #longest = { ms: 0, atMs: 0 };

  start(): void {
    this.#startedAt = this.#answeredAt = performance.now();
  }

  /** A client got an answer. */
  answered(): void {
    if (this.#answeredAt === null) return;
    const now = performance.now();
    const ms = now - this.#answeredAt;
    if (ms > this.#longest.ms) this.#longest = { ms, atMs: this.#answeredAt - this.#startedAt };
    this.#answeredAt = now;
  }

  stop(): void {
    this.answered();
    this.#answeredAt = null;
  }

  /** The longest time without an answer to any client, and when it began, counted from the start. */
  get longest(): { ms: number; atMs: number } {
    return this.#longest;
  }
}
