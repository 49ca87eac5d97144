/** Targets whose last turn is remembered; those forgotten come first again. */
const MAX_REMEMBERED = 10_000;

/** Bounds how many deliveries are under way: to one target, and together. */
export class TargetSlots {
  readonly #perTarget: number;
  readonly #total: number;
  readonly #taken = new Map<string, number>();
  #takenTogether = 0;
  /** When each target had its last turn in `share`, counted in turns; the longest ago is first. */
  readonly #turns = new Map<string, number>();
  #turn = 0;

  constructor(perTarget: number, total: number) {
    this.#perTarget = perTarget;
    this.#total = total;
  }

  free(target: string): number {
    const together = this.#total - this.#takenTogether;
    return Math.max(0, Math.min(together, this.#perTarget - (this.#taken.get(target) ?? 0)));
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
   * How many messages to claim for which target: what each has free, at most `limit` together. When that is not
   * enough for all, targets with less under way come first, of those the ones whose last turn was the longest ago.
   */
  share(targets: readonly string[], limit: number): { target: string; limit: number }[] {
    let left = Math.min(limit, this.#total - this.#takenTogether);
    const load = (target: string) => this.#taken.get(target) ?? 0;
    const turn = (target: string) => this.#turns.get(target) ?? 0;
    const inOrder = [...targets].sort((a, b) => load(a) - load(b) || turn(a) - turn(b));
    const shares: { target: string; limit: number }[] = [];
    for (const [index, target] of inOrder.entries()) {
      // Never less than one for those still to come, as long as there is any.
      const fair = Math.max(1, left - (inOrder.length - index - 1));
      const share = Math.min(left, fair, this.free(target));
      if (share <= 0) continue;
      shares.push({ target, limit: share });
      left -= share;
      this.#remember(target);
    }
    return shares;
  }

  #remember(target: string): void {
    this.#turns.delete(target);
    this.#turns.set(target, ++this.#turn);
    const [oldest] = this.#turns.keys();
    if (this.#turns.size > MAX_REMEMBERED && oldest !== undefined) this.#turns.delete(oldest);
  }
}
