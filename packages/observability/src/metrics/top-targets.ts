/** How many targets are shown by name. The number is limited, because each name is a time series. */
export const TOP_TARGETS = 10;

/**
 * The label for all other targets together. No target has this name: the names of poll groups are percent-encoded, so they
 * have no space, and other targets with a space also have a slash.
 */
export const OTHER = '(all others)';

const MAX_LABEL = 100;

/** A target as a label, cut to a limited length. */
export function targetLabel(target: string): string {
  return target.length > MAX_LABEL ? `${target.slice(0, MAX_LABEL)}…` : target;
}

/** The targets with the highest counts by name. OTHER has the sum of all others and is always present. */
export function topTargets(counts: Iterable<readonly [target: string, count: number]>): Map<string, number> {
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  const shown = new Map([[OTHER, 0]]);
  const add = (label: string, count: number) => shown.set(label, (shown.get(label) ?? 0) + count);
  sorted.forEach(([target, count], rank) => add(rank < TOP_TARGETS ? targetLabel(target) : OTHER, count));
  return shown;
}

/** Counts the running deliveries per target. */
export class InFlight {
  readonly #counts = new Map<string, number>();

  begin(target: string): void {
    this.#counts.set(target, (this.#counts.get(target) ?? 0) + 1);
  }

  end(target: string): void {
    const left = (this.#counts.get(target) ?? 0) - 1;
    if (left > 0) this.#counts.set(target, left);
    else this.#counts.delete(target);
  }

  counts(): Iterable<readonly [target: string, count: number]> {
    return this.#counts;
  }
}
