import { Random } from '@resonate/testkit';

/**
 * What promise ids look like. `counted`: one counter, as for order numbers, so new rows are neighbours in every index.
 * `random`: the worst case for a B-tree: each new row touches a page of its own in each index.
 */
export const ID_STYLES = ['counted', 'random'] as const;

export type IdStyle = (typeof ID_STYLES)[number];

/** Ids that no other run uses; `run` sets this one apart. The same seed scatters them alike. */
export function idSource(style: IdStyle, run: string, seed = 1): () => string {
  let n = 0;
  if (style === 'counted') return () => `${run}-${n++}`;
  const random = new Random(seed);
  const digits = () =>
    random
      .int(0, 2 ** 32 - 1)
      .toString(16)
      .padStart(8, '0');
  return () => `${digits()}${digits()}-${run}-${n++}`;
}
