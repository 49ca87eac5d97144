import type { PromiseRecord } from '@resonate/protocol';
import type { PromiseRow } from '../rows.ts';
import type { WorkingSet } from '../working-set.ts';
import { promiseRecord } from './records.ts';

/** The other promises of a promise's branch, so that a worker need not ask for them one by one. */
export function preload(ws: WorkingSet, promise: PromiseRow, now: number): PromiseRecord[] {
  return ws.branchOf(promise).map((row) => promiseRecord(row, now));
}
