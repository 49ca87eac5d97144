/** Targets remembered for later; those beyond are found again by whoever walks through all that wait. */
const MAX_LATER = 10_000;

/**
 * When the first message for each target is due, as far as this process was told. A time may be too early, which a look
 * at the store corrects. What is due later costs nothing until then, however many targets that are.
 */
export class DueTargets {
  readonly #due = new Map<string, number>();
  readonly #later = new Map<string, number>();
  /** None of `#later` is due earlier. */
  #laterAt = Infinity;

  /** A message for the target is due at `at`, or already was. */
  note(target: string, at: number): void {
    const due = this.#due.get(target);
    if (due !== undefined) {
      this.#due.set(target, Math.min(due, at));
      return;
    }
    const later = this.#later.get(target);
    if (later === undefined && this.#later.size >= MAX_LATER) return;
    this.#later.set(target, Math.min(at, later ?? Infinity));
    this.#laterAt = Math.min(this.#laterAt, at);
  }

  /** False: nothing is known of the target. */
  knows(target: string): boolean {
    return this.#due.has(target) || this.#later.has(target);
  }

  /** What was told of the target is out of date. */
  forget(target: string): void {
    this.#due.delete(target);
    this.#later.delete(target);
  }

  /** The targets that something is due for, with the times. */
  due(now: number): ReadonlyMap<string, number> {
    if (this.#laterAt > now) return this.#due;
    this.#laterAt = Infinity;
    for (const [target, at] of this.#later) {
      if (at > now) {
        this.#laterAt = Math.min(this.#laterAt, at);
        continue;
      }
      this.#later.delete(target);
      this.#due.set(target, at);
    }
    return this.#due;
  }

  /** When something is due next that is not yet, at the earliest; null: as far as is known never. */
  get nextAt(): number | null {
    return this.#laterAt === Infinity ? null : this.#laterAt;
  }
}
