import { randomUUID } from 'node:crypto';

/**
 * What promise ids look like. `counted`: one counter, as for order numbers, so new rows are neighbours in every index.
 * `random`: UUIDs, the worst case for a B-tree: each new row touches a page of its own in each index.
 */
export const ID_STYLES = ['counted', 'random'] as const;

export type IdStyle = (typeof ID_STYLES)[number];

/** Ids that no other run uses; `run` sets this one apart. */
export function idSource(style: IdStyle, run: string): () => string {
  let n = 0;
  return style === 'counted' ? () => `${run}-${n++}` : () => randomUUID();
}
