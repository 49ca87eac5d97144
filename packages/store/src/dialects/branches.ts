import { FENCE_PRELOAD, PRELOAD, type Loaded, type Needs, type PreloadBound } from '@resonate/machine';
import { text } from '../sql/read.ts';
import { PROMISES } from '../tables.ts';

/**
 * How branches are loaded, in every dialect: at most so many promises, and so many bytes of their JSON columns. The first
 * promise beyond the bytes is still answered, without these columns: that tells that the branch goes on.
 */

/** All branches of one batch that are loaded up to `PRELOAD` share this many bytes. */
const PRELOAD_BYTES_OF_BATCH = 32 << 20;
/** Bytes enough for what the machine counts, whose JSON is longer than the texts in it. */
const FENCED: PreloadBound = { ...FENCE_PRELOAD, bytes: 4 * FENCE_PRELOAD.bytes };
/** How many rows of a branch are read: the promise itself, those that its preload may have, and the first one beyond. */
export function rowLimit({ promises }: PreloadBound): number {
  return promises + 2;
}

/** Which branches a batch wants: by name, and as those of promises; and how much of each. */
export interface WantedBranches {
  names: ReadonlySet<string>;
  ofPromises: ReadonlySet<string>;
  bound: PreloadBound;
}

const NOTHING: ReadonlySet<string> = new Set();

/** What a batch needs of branches: at most two lists, each with a bound of its own. */
export function wantedBranches({ branches, preloads, fenced }: Needs): WantedBranches[] {
  const wanted: WantedBranches[] = [];
  const count = branches.size + preloads.size;
  if (count > 0) {
    const bytes = Math.min(PRELOAD.bytes, Math.floor(PRELOAD_BYTES_OF_BATCH / count));
    wanted.push({ names: branches, ofPromises: preloads, bound: { ...PRELOAD, bytes } });
  }
  if (fenced.size > 0) wanted.push({ names: NOTHING, ofPromises: fenced, bound: FENCED });
  return wanted;
}

/**
 * The select list of a branch's promises: what `PROMISES.decode` reads, then the branch.
 * @param fits the SQL condition under which a row is within the bytes.
 */
export function branchColumns(fits: string): string {
  return `${PROMISES.listIf(fits, 'p')}, p.branch`;
}

/** Adds rows of `branchColumns`, which come in the order of their ids: at most one more of a branch than the bound allows. */
export function takeBranches(loaded: Loaded, rows: readonly (readonly unknown[])[], bound: PreloadBound): void {
  const counts = new Map<string, number>();
  for (const values of rows) {
    const branch = text(values[PROMISES.width]);
    const count = (counts.get(branch) ?? 0) + 1;
    counts.set(branch, count);
    if (!PROMISES.isWhole(values) || count >= rowLimit(bound)) loaded.cutBranches.push(branch);
    else loaded.branches.push(PROMISES.decode(values));
  }
}
