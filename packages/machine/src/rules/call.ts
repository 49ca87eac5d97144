import { TAG } from '@resonate/protocol';
import { MoreNeeded } from '../more-needed.ts';
import { pairKey, type PromiseRow } from '../rows.ts';
import type { WorkingSet } from '../working-set.ts';

/** The id that names the call graph of a promise: its origin, or else its own id. */
export function graphOf({ id, tags }: Pick<PromiseRow, 'id' | 'tags'>): string {
  return tags[TAG.origin] ?? id;
}

/**
 * Records a call, if it leaves the caller's graph and is not recorded yet. Calls within a graph need no row, because retention
 * removes a graph as a whole. The SDKs start a graph for each step that was given an id.
 * @throws MoreNeeded if the row was not looked up. That is so only if the called promise, as stored or as requested, has an
 *   origin other than the caller's and other than itself.
 */
export function recordCall(ws: WorkingSet, caller: PromiseRow, called: PromiseRow): void {
  if (graphOf(caller) === graphOf(called)) return;
  const call = { called: called.id, caller: caller.id };
  const key = pairKey(call.called, call.caller);
  if (!ws.calls.isLoaded(key)) throw new MoreNeeded({ calls: [call] });
  if (ws.calls.get(key) === null) ws.calls.put(call);
}
