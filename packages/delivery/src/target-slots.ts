/**
 * For how many targets the last turn and the last result are remembered. Beyond it the oldest is forgotten and counts
 * as new.
 */
const MAX_REMEMBERED = 10_000;

/** Limits how many deliveries run at once: to one target, and in total. */
export class TargetSlots {
  readonly #perTarget: number;
  readonly #total: number;
  readonly #taken = new Map<string, number>();
  #takenTogether = 0;
  /** The number of the turn in which each target last got a share. The target with the oldest turn is first. */
  readonly #turns = new Map<string, number>();
  #turn = 0;
  /** Whether the last delivery to each target succeeded. */
  readonly #lastSucceeded = new Map<string, boolean>();

  constructor(perTarget: number, total: number) {
    this.#perTarget = perTarget;
    this.#total = total;
  }

  /** Whether no target has a free slot. */
  get isFull(): boolean {
    return this.#takenTogether >= this.#total;
  }

  free(target: string): number {
    return this.#free(target, this.#takenTogether);
  }

  /** Whether no delivery to the target is running. */
  isIdle(target: string): boolean {
    return !this.#taken.has(target);
  }

  /** Whether the last delivery to the target succeeded. False if there was none. */
  isProven(target: string): boolean {
    return this.#lastSucceeded.get(target) ?? false;
  }

  /** Records the result of a delivery to the target. */
  ended(target: string, isSuccess: boolean): void {
    this.#lastSucceeded.delete(target);
    this.#lastSucceeded.set(target, isSuccess);
    forgetOldest(this.#lastSucceeded);
  }

  /**
   * Half of all slots are reserved for targets whose last delivery succeeded. Any other target gets at most one of the
   * reserved slots, so that many hanging targets leave room for healthy ones.
   */
  #free(target: string, together: number): number {
    const own = this.#taken.get(target) ?? 0;
    const half = Math.ceil(this.#total / 2) - together;
    const most = this.isProven(target) ? Infinity : Math.max(half, own === 0 ? 1 : 0);
    return Math.max(0, Math.min(this.#total - together, this.#perTarget - own, most));
  }

  take(target: string): void {
    this.#takenTogether++;
    this.#taken.set(target, (this.#taken.get(target) ?? 0) + 1);
  }

  release(target: string): void {
    this.#takenTogether--;
    const left = (this.#taken.get(target) ?? 0) - 1;
    if (left > 0) this.#taken.set(target, left);
    else this.#taken.delete(target);
  }

  /**
   * How many messages to claim for each target: as many as it has free slots, and at most `limit` in total. If `limit`
   * is not enough for all, targets come in this order: targets whose last delivery did not fail, then targets with
   * fewer running deliveries, then targets whose last turn is longest ago.
   */
  share(targets: readonly string[], limit: number): { target: string; limit: number }[] {
    let left = Math.min(limit, this.#total - this.#takenTogether);
    let together = this.#takenTogether;
    const failed = (target: string) => (this.#lastSucceeded.get(target) === false ? 1 : 0);
    const load = (target: string) => this.#taken.get(target) ?? 0;
    const turn = (target: string) => this.#turns.get(target) ?? 0;
    const inOrder = [...targets].sort((a, b) => failed(a) - failed(b) || load(a) - load(b) || turn(a) - turn(b));
    const shares: { target: string; limit: number }[] = [];
    for (const [index, target] of inOrder.entries()) {
      // Leave at least one message for each following target, if possible.
      const fair = Math.max(1, left - (inOrder.length - index - 1));
      const share = Math.min(left, fair, this.#free(target, together));
      if (share <= 0) continue;
      shares.push({ target, limit: share });
      left -= share;
      together += share;
      this.#remember(target);
    }
    return shares;
  }

  #remember(target: string): void {
    this.#turns.delete(target);
    this.#turns.set(target, ++this.#turn);
    forgetOldest(this.#turns);
  }
}

function forgetOldest(known: Map<string, unknown>): void {
  const [oldest] = known.keys();
  if (known.size > MAX_REMEMBERED && oldest !== undefined) known.delete(oldest);
}
