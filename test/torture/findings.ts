/** A violation of a guarantee. */
export interface Violation {
  /** The guarantee that was violated: `leases`, `schedules`, … */
  rule: string;
  what: string;
}

/** Enough to see what is wrong. A broken server would cause thousands of violations. */
const KEPT_PER_RULE = 5;

/** The violations that a run found, and its counts. */
export class Findings {
  readonly #violations: Violation[] = [];
  readonly #found = new Map<string, number>();
  readonly #counts = new Map<string, number>();

  violation(rule: string, what: string): void {
    const found = (this.#found.get(rule) ?? 0) + 1;
    this.#found.set(rule, found);
    if (found <= KEPT_PER_RULE) this.#violations.push({ rule, what });
  }

  count(name: string, by = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + by);
  }

  /** The first violations of each rule. */
  get violations(): readonly Violation[] {
    return this.#violations;
  }

  /** How often each rule was violated. */
  get found(): ReadonlyMap<string, number> {
    return this.#found;
  }

  counted(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  /** All counts whose name begins with a prefix, without this prefix, the largest first. */
  countsOf(prefix: string): [string, number][] {
    return [...this.#counts]
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, count]): [string, number] => [name.slice(prefix.length), count])
      .sort(([, a], [, b]) => b - a);
  }
}
