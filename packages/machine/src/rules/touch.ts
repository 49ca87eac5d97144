import { MoreNeeded } from '../more-needed.ts';
import type { WorkingSet } from '../working-set.ts';
import { isExpired, stateAtTimeout } from './expiry.ts';
import { settle } from './settlement.ts';

/**
 * Promise timeouts (protocol sections 4 and 7): each of these named promises whose time has come is settled, with all
 * that follows.
 * @throws MoreNeeded, for all of them at once, when settlements are due whose rows were not loaded.
 */
export function touch(ws: WorkingSet, ids: readonly string[], now: number): void {
  const due = [...new Set(ids)].flatMap((id) => {
    const promise = ws.promises.get(id);
    return promise && isExpired(promise, now) ? [promise] : [];
  });
  const settlements = due.map(({ id }) => id).filter((id) => !ws.settles(id));
  if (settlements.length > 0) throw new MoreNeeded({ settlements });
  for (const promise of due) {
    const state = stateAtTimeout(promise.tags);
    settle(ws, promise, { state, value: promise.value, settledAt: promise.timeoutAt }, now);
  }
}
