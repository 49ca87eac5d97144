import { Random } from '@resonate/testkit';

/**
 * The kinds of promise ids. `counted`: from a counter, like order numbers, so new rows are neighbours in every index.
 * `random`: the worst case for a B-tree, because each new row is on a different page of each index.
 */
export const ID_STYLES = ['counted', 'random'] as const;

export type IdStyle = (typeof ID_STYLES)[number];

/** Makes ids that no other run uses. `run` distinguishes the runs. The same seed gives the same random parts. */
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
