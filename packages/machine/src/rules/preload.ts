import { TAG, type PromiseRecord, type StringMap, type Value } from '@resonate/protocol';
import type { PromiseRow } from '../rows.ts';
import type { WorkingSet } from '../working-set.ts';
import { promiseRecord } from './records.ts';

/** The maximum part of a branch that is loaded or answered. */
export interface PreloadBound {
  promises: number;
  /** Bytes of ids, params, values and tags. The store counts their JSON, the machine the texts in it. */
  bytes: number;
}

/** For `task.acquire`, `task.create` and `task.suspend`. A worker replays from this preload, and requests other promises one by one. */
export const PRELOAD: PreloadBound = { promises: 1_000, bytes: 8 << 20 };

/**
 * For `task.fence`: a branch within this bound is answered completely, as by the public server. The bytes include the task's
 * own promise. The recorded traffic needs 2 promises and 524 bytes (docs/decisions/fence-preload.md).
 */
export const FENCE_PRELOAD: PreloadBound = { promises: 4, bytes: 2 << 10 };

/** The branch of a task, in answers that give the task to a worker. */
export interface Preload {
  preload: PromiseRecord[];
  /** The branch has more promises than `preload` contains. The worker must request those. */
  preloadPartial?: true;
}

/** The other promises of a promise's branch, in the order of their ids, as far as `PRELOAD` allows. */
export function preload(ws: WorkingSet, promise: PromiseRow, now: number): Preload {
  const rows = ws.branchOf(promise);
  const count = countWithin(rows, PRELOAD);
  const isPartial = count < rows.length || ws.isBranchCut(promise);
  const records = rows.slice(0, count).map((row) => promiseRecord(row, now));
  return isPartial ? { preload: records, preloadPartial: true } : { preload: records };
}

/**
 * The preload of a `task.fence`: the whole branch while it is small, else only the promise that the fence created or
 * settled. So the answers do not grow with the branch.
 * @param acted the promise that the fence's action names, null when there is none.
 * @param mode `own`: never more than that promise.
 */
export function fencePreload(
  ws: WorkingSet,
  promise: PromiseRow,
  acted: PromiseRow | null,
  { now, mode }: { now: number; mode: FencePreload },
): PromiseRecord[] {
  const rows = mode === 'own' ? null : ws.wholeBranchOf(promise);
  const isSmall = rows !== null && countWithin(rows, FENCE_PRELOAD, bytesOf(promise)) === rows.length;
  const acting = own(promise, acted);
  const others = isSmall ? rows.filter(({ id }) => id !== acting[0]?.id) : [];
  return [...others, ...acting].map((row) => promiseRecord(row, now));
}

/** How a fence answers: the whole branch while it is small, or never more than the promise it acted on. */
export type FencePreload = 'small' | 'own';

function own(promise: PromiseRow, acted: PromiseRow | null): PromiseRow[] {
  const branch = promise.tags[TAG.branch];
  return acted !== null && branch !== undefined && acted.tags[TAG.branch] === branch ? [acted] : [];
}

/** How many of the first rows are within the bound. @param used how many of its bytes are used already. */
function countWithin(rows: readonly PromiseRow[], bound: PreloadBound, used = 0): number {
  let bytes = used;
  for (const [index, row] of rows.entries()) {
    bytes += bytesOf(row);
    if (index >= bound.promises || bytes > bound.bytes) return index;
  }
  return rows.length;
}

function bytesOf({ id, param, value, tags }: PromiseRow): number {
  return Buffer.byteLength(id) + bytesOfValue(param) + bytesOfValue(value) + bytesOfMap(tags);
}

function bytesOfValue({ headers = {}, data = '' }: Value): number {
  return Buffer.byteLength(data) + bytesOfMap(headers);
}

function bytesOfMap(map: StringMap): number {
  let bytes = 0;
  for (const [name, text] of Object.entries(map)) bytes += Buffer.byteLength(name) + Buffer.byteLength(text);
  return bytes;
}
