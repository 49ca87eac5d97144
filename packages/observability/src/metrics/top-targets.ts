import { isForOneConnection, type Transport } from '@resonate/protocol';

/** How many targets are shown by name. The number is limited, because each name is a time series. */
export const TOP_TARGETS = 10;

/**
 * The label for all other targets together. No target has this name: the names of poll groups are percent-encoded, so they
 * have no space, and other targets with a space also have a slash.
 */
export const OTHER = '(all others)';

const MAX_LABEL = 100;

/**
 * A target as a label, cut to a limited length. One connection (`GROUP/ID`) gets the label of its group, because SDKs choose
 * a new random id at each start, so its own label would be a new time series each time.
 */
export function targetLabel(transport: string, target: string): string {
  const isOne = isForOneConnection(transport as Transport, target);
  const name = isOne ? target.slice(0, target.indexOf('/')) : target;
  return name.length > MAX_LABEL ? `${name.slice(0, MAX_LABEL)}…` : name;
}

/** The labels with the highest counts. OTHER has the sum of all others and is always present. */
export function topTargets(
  transport: string,
  counts: Iterable<readonly [target: string, count: number]>,
): Map<string, number> {
  const labels = new Map<string, number>();
  for (const [target, count] of counts) {
    const label = targetLabel(transport, target);
    labels.set(label, (labels.get(label) ?? 0) + count);
  }
  const sorted = [...labels].sort(([, a], [, b]) => b - a);
  const rest = sorted.slice(TOP_TARGETS).reduce((sum, [, count]) => sum + count, 0);
  return new Map([[OTHER, rest], ...sorted.slice(0, TOP_TARGETS)]);
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
