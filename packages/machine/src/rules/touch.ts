import { MoreNeeded } from '../more-needed.ts';
import type { PromiseRow } from '../rows.ts';
import type { WorkingSet } from '../working-set.ts';
import { isExpired, stateAtTimeout } from './expiry.ts';
import { settle } from './settlement.ts';

/**
 * Promise timeouts (protocol sections 4 and 7): settles each of these promises that has expired, with all consequences.
 * @throws MoreNeeded, for all of them at once, if rows for a settlement were not loaded.
 */
export function touch(ws: WorkingSet, ids: readonly string[], now: number): void {
  const due = new Map<string, PromiseRow>();
  for (const id of ids) {
    const promise = ws.promises.get(id);
    if (promise && isExpired(promise, now)) due.set(id, promise);
  }
  if (due.size === 0) return;
  const settlements = [...due.keys()].filter((id) => !ws.settles(id));
  if (settlements.length > 0) throw new MoreNeeded({ settlements });
  for (const promise of due.values()) {
    const state = stateAtTimeout(promise.tags);
    settle(ws, promise, { state, value: promise.value, settledAt: promise.timeoutAt }, now);
  }
}
