import { endOf } from './node.ts';
import type { Range } from './timescale.ts';
import type { CallTree } from './tree.ts';

/** Space to the right of the last end, as a fraction of the whole range. */
const ROOM = 0.03;
const MIN_LENGTH_MS = 10;

/** From the earliest start to the latest known end. It looks at every call. */
export function extentOf(tree: CallTree): Range {
  let from = Infinity;
  let to = -Infinity;
  for (const { node } of tree.branches()) {
    if (node.absent) continue;
    from = Math.min(from, node.createdAt);
    to = Math.max(to, endOf(node, node.createdAt));
  }
  return from <= to ? { from, to } : { from: 0, to: 1 };
}

/**
 * The whole range of the axis. While a call is pending, it reaches at least until now.
 * @param now the server's time, epoch ms. @param known the `extentOf` this tree, if the caller has it
 */
export function wholeOf(tree: CallTree, now: number, known = extentOf(tree)): Range {
  const { from, to } = known;
  const isRunning = tree.root.counts.pending > 0;
  const end = Math.max(to, from + MIN_LENGTH_MS, isRunning ? now : to);
  return { from, to: end + (end - from) * ROOM };
}
