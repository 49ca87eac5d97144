/** Bounds how many deliveries are under way: to one target, and together. */
export class TargetSlots {
  readonly #perTarget: number;
  readonly #total: number;
  readonly #taken = new Map<string, number>();
  #takenTogether = 0;

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
   * enough for all, targets with less under way come first.
   */
  share(targets: readonly string[], limit: number): { target: string; limit: number }[] {
    let left = Math.min(limit, this.#total - this.#takenTogether);
    const byLoad = [...targets].sort((a, b) => (this.#taken.get(a) ?? 0) - (this.#taken.get(b) ?? 0));
    const shares: { target: string; limit: number }[] = [];
    for (const [index, target] of byLoad.entries()) {
      // Never less than one for those still to come, as long as there is any.
      const fair = Math.max(1, left - (byLoad.length - index - 1));
      const share = Math.min(left, fair, this.free(target));
      if (share <= 0) continue;
      shares.push({ target, limit: share });
      left -= share;
    }
    return shares;
  }
}
