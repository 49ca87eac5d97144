import { median } from '../median.ts';

/** A ratio of two measurements, with an interval that contains it with at least 95 % confidence. */
export interface PairedRatio {
  ratio: number;
  low: number;
  high: number;
}

/** With fewer pairs, even the interval from the lowest to the highest has less confidence than 95 %. */
export const MIN_PAIRS = 6;
const TAIL_PROBABILITY = 0.025;

/**
 * The ratio of `after` to `before`. The two measurements of a pair were taken at the same speed of the machine, so their
 * ratio does not depend on it. The result is the median of these ratios, and the bounds of the interval are two of them.
 * A mean would depend too much on outliers: sometimes another program runs at the same time, or a process gets slow memory.
 * @param before as many as `after`, at least `MIN_PAIRS`, each above 0.
 */
export function pairedRatio(before: readonly number[], after: readonly number[]): PairedRatio {
  const ratios = after.map((value, pair) => value / (before[pair] ?? NaN)).toSorted((a, b) => a - b);
  const left = leftOut(ratios.length);
  return { ratio: median(ratios), low: ratios[left] ?? NaN, high: ratios.at(-1 - left) ?? NaN };
}

/**
 * The number of lowest ratios that the interval leaves out. It leaves out as many of the highest. Each ratio is below the
 * true median with probability 1/2, so the number of ratios below the median has a binomial distribution.
 */
function leftOut(pairs: number): number {
  let probability = 0.5 ** pairs;
  let sum = 0;
  for (let below = 0; ; below++) {
    sum += probability;
    if (sum > TAIL_PROBABILITY) return Math.max(below - 1, 0);
    probability *= (pairs - below) / (below + 1);
  }
}
