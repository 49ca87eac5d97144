import type { WorkingSet } from '../working-set.ts';
import { isExpired, isOver, stateAtTimeout } from './expiry.ts';
import { settle } from './settlement.ts';

/**
 * A request named a promise that turned out to be expired, and the rows of its settlement were not loaded: the batch
 * must be repeated with them. Rare, as the scheduler settles within milliseconds, so the normal load stays small.
 */
export class SettlementNeeded extends Error {
  override readonly name = 'SettlementNeeded';
  readonly id: string;

  constructor(id: string) {
    super(`the settlement of ${JSON.stringify(id)} must be loaded`);
    this.id = id;
  }
}

/**
 * Promise timeout (protocol sections 4 and 7): a named promise whose time has come is settled, with all that follows.
 * @throws SettlementNeeded
 */
export function touch(ws: WorkingSet, id: string, now: number): void {
  if (!ws.settles(id)) {
    const promise = ws.promises.peek(id);
    const task = ws.tasks.peek(id);
    if (promise ? isExpired(promise, now) : task?.state !== 'fulfilled' && task && isOver(task, now)) {
      throw new SettlementNeeded(id);
    }
    return;
  }
  const promise = ws.promises.get(id);
  if (!promise || !isExpired(promise, now)) return;
  const state = stateAtTimeout(promise.tags);
  settle(ws, promise, { state, value: promise.value, settledAt: promise.timeoutAt }, now);
}
