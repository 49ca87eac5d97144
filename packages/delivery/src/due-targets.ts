/** How many targets with later due times are remembered. The scan of all waiting targets finds the others again. */
const MAX_LATER = 10_000;
/** The same for targets that are due. */
const MAX_DUE = 100_000;

/**
 * When to look at a target again after a claim. A due message may stay unclaimed for four reasons: its row is locked, it
 * waits for the connection that it prefers, its promise does not fit into memory beside those that are being sent, or its
 * promise has timed out and the scheduler has not settled it yet.
 * Looking again at once would find the same.
 * @param dueAt when the target's first message is due, epoch ms.
 * @param claim.isServed true if the claim returned messages for the target.
 * @param claim.graceMs how long a message waits for the connection that it prefers.
 */
export function nextCheckAt(
  dueAt: number,
  claim: { now: number; isServed: boolean; graceMs: number; pollIntervalMs: number },
): number {
  const { now, isServed, graceMs, pollIntervalMs } = claim;
  if (dueAt > now || isServed) return dueAt;
  return dueAt + graceMs > now ? dueAt + graceMs : now + pollIntervalMs;
}

/**
 * When the first message for each target is due, as far as this process knows. A time may be too early; the caller then
 * reads the right one from the store. Targets that are due later are kept apart, so that looking for due ones does not
 * visit them.
 */
export class DueTargets {
  readonly #due = new Map<string, number>();
  readonly #later = new Map<string, number>();
  /** Where `inTurn` continues. */
  #turn: Iterator<[string, number]> | null = null;
  /** When `due` was called last, epoch ms. */
  #now = -Infinity;
  /** The earliest due time in `#later`, or an earlier time. */
  #laterAt = Infinity;

  /** Notes that a message for the target is due at `at`, epoch ms. `at` may be in the past. */
  note(target: string, at: number): void {
    const due = this.#due.get(target);
    if (due !== undefined) {
      this.#due.set(target, Math.min(due, at));
      return;
    }
    const later = this.#later.get(target);
    if (later === undefined) {
      if (at <= this.#now) return this.#setDue(target, at);
      if (this.#later.size >= MAX_LATER) return;
    }
    this.#later.set(target, Math.min(at, later ?? Infinity));
    this.#laterAt = Math.min(this.#laterAt, at);
  }

  /** Whether a due time of the target is known. */
  knows(target: string): boolean {
    return this.#due.has(target) || this.#later.has(target);
  }

  /** Forgets the due time of the target, because it is out of date. */
  forget(target: string): void {
    this.#due.delete(target);
    this.#later.delete(target);
  }

  /** The targets with a due message, and its due time. */
  due(now: number): ReadonlyMap<string, number> {
    this.#now = now;
    if (this.#laterAt > now) return this.#due;
    this.#laterAt = Infinity;
    for (const [target, at] of this.#later) {
      if (at > now) {
        this.#laterAt = Math.min(this.#laterAt, at);
        continue;
      }
      this.#later.delete(target);
      this.#setDue(target, at);
    }
    return this.#due;
  }

  /**
   * The targets with a due message, and its due time, each once. If the caller does not read all of them, the next call
   * begins after the last one that it read. So every target gets its turn, and a caller that needs few targets visits few.
   */
  inTurn(now: number): Iterable<[string, number]> {
    const count = this.due(now).size;
    return this.#nextInTurn(count);
  }

  *#nextInTurn(count: number): Generator<[string, number]> {
    for (let left = count; left > 0; left--) {
      let next = this.#turn?.next();
      if (!next || next.done) {
        this.#turn = this.#due.entries();
        next = this.#turn.next();
      }
      if (next.done) break;
      yield next.value;
    }
    // All were visited. An iterator that is kept would keep the old tables of the map in memory.
    this.#turn = null;
  }

  #setDue(target: string, at: number): void {
    if (this.#due.size < MAX_DUE) this.#due.set(target, at);
  }

  /** The earliest time at which a message that is not due yet may become due; null if none is known. */
  get nextAt(): number | null {
    return this.#laterAt === Infinity ? null : this.#laterAt;
  }
}
