import { FENCE_PRELOAD, PRELOAD, type Loaded, type Needs, type PreloadBound } from '@resonate/machine';
import { TAG } from '@resonate/protocol';
import { text } from '../sql/read.ts';
import { PROMISES } from '../tables.ts';

/**
 * How branches are loaded, in every dialect: up to a number of promises, and up to a number of bytes in their JSON columns.
 * The first promise beyond the bytes is also selected, without its JSON. It shows that the branch has more promises.
 */

/** The branches of one batch share this many bytes, each up to `PRELOAD.bytes`. */
const PRELOAD_BYTES_OF_BATCH = 32 << 20;
/** The machine counts the bytes of the texts. Their JSON is longer, so more bytes are loaded. */
const FENCED: PreloadBound = { ...FENCE_PRELOAD, bytes: 4 * FENCE_PRELOAD.bytes };
/** How many rows of a branch are read: the promise itself, its preload, and the first one beyond. */
export function rowLimit({ promises }: PreloadBound): number {
  return promises + 2;
}

/** Branches that a batch wants, each up to the bound. */
export interface WantedBranches {
  names: ReadonlySet<string>;
  /** Ids of promises whose branches are wanted. */
  ofPromises: ReadonlySet<string>;
  bound: PreloadBound;
}

const NOTHING: ReadonlySet<string> = new Set();

/** The branches that a batch needs: at most two lists, each with its own bound. */
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

/**
 * Adds rows of `branchColumns`, which are in the order of their ids. The one beyond the bound only marks its branch as cut.
 * A row may have one more column: true if a limit that all branches share was reached. Then any branch may be incomplete.
 */
export function takeBranches(loaded: Loaded, rows: readonly (readonly unknown[])[], wanted: WantedBranches): void {
  const { bound, names, ofPromises } = wanted;
  const cut = new Set<string>();
  if (Number(rows[0]?.[PROMISES.width + 1] ?? 0) > 0) {
    const owners = loaded.promises.filter(({ id }) => ofPromises.has(id));
    for (const name of [...names, ...owners.map(({ tags }) => tags[TAG.branch] ?? '')]) cut.add(name);
  }
  const counts = new Map<string, number>();
  for (const values of rows) {
    const branch = text(values[PROMISES.width]);
    const count = (counts.get(branch) ?? 0) + 1;
    counts.set(branch, count);
    if (!PROMISES.isWhole(values) || count >= rowLimit(bound)) cut.add(branch);
    else loaded.branches.push(PROMISES.decode(values));
  }
  (bound === FENCED ? loaded.cutFences : loaded.cutBranches).push(...cut);
}
