import { MoreNeeded } from '../more-needed.ts';
import type { PromiseRow } from '../rows.ts';
import type { WorkingSet } from '../working-set.ts';
import { isExpired, stateAtTimeout } from './expiry.ts';
import { settle } from './settlement.ts';

/**
 * When rows must be loaded, those of promises that expire this soon are loaded, too. Otherwise a request that names
 * thousands of promises, of which some expire during each load, would never have all rows that it needs.
 */
const SOON_MS = 10_000;

/**
 * Promise timeouts (protocol sections 4 and 7): settles each of these promises that has expired, with all consequences.
 * @throws MoreNeeded, for all of them at once and those that expire soon, if rows for a settlement were not loaded.
 */
export function touch(ws: WorkingSet, ids: readonly string[], now: number): void {
  const due = new Map<string, PromiseRow>();
  for (const id of ids) {
    const promise = ws.promises.get(id);
    if (promise && isExpired(promise, now)) due.set(id, promise);
  }
  if (due.size === 0) return;
  if ([...due.keys()].some((id) => !ws.settles(id))) {
    throw new MoreNeeded({ settlements: ids.filter((id) => expiresBy(ws.promises.get(id), now + SOON_MS)) });
  }
  for (const promise of due.values()) {
    const state = stateAtTimeout(promise.tags);
    settle(ws, promise, { state, value: promise.value, settledAt: promise.timeoutAt }, now);
  }
}

function expiresBy(promise: PromiseRow | null, at: number): boolean {
  return promise !== null && isExpired(promise, at);
}
