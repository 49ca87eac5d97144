/** How long the cluster as a whole left everybody without an answer. */
export class Availability {
  #startedAt = 0;
  #answeredAt: number | null = null;
  #longest = { ms: 0, atMs: 0 };

  start(): void {
    this.#startedAt = this.#answeredAt = performance.now();
  }

  /** Somebody was answered. */
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

  /** The longest time without an answer to anybody, and when it began (from the start). */
  get longest(): { ms: number; atMs: number } {
    return this.#longest;
  }
}
