/** Whether this process is the leader now, for metrics and the cluster view. */
export class LeadershipState {
  #held = false;
  readonly #listeners = new Set<() => void>();

  get held(): boolean {
    return this.#held;
  }

  set(held: boolean): void {
    if (held === this.#held) return;
    this.#held = held;
    for (const listener of this.#listeners) listener();
  }

  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }
}
