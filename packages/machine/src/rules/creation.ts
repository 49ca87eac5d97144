import { MAX_TIME, parseAddress, TAG, type RequestData } from '@resonate/protocol';
import { unsent, type PromiseRow, type TaskRow } from '../rows.ts';
import type { WorkingSet } from '../working-set.ts';
import { dispatched } from './dispatch.ts';
import { fulfilled, NOTHING_DUE, stateAtTimeout } from './expiry.ts';

export type NewPromise = RequestData<'promise.create'>;

export interface Created {
  promise: PromiseRow;
  /** null for a promise without a target. */
  task: TaskRow | null;
}

/** Creates a promise that does not exist yet, and its task when it has a target (protocol section 5). */
export function createPromise(ws: WorkingSet, data: NewPromise, now: number): Created {
  const promise = newPromise(data, now);
  ws.insertPromise(promise);
  const task = newTask(promise, now);
  if (task) ws.tasks.insert(task);
  return { promise, task };
}

function newPromise({ id, timeoutAt, param, tags }: NewPromise, now: number): PromiseRow {
  const base = { id, param, value: {}, tags, timeoutAt };
  if (now < timeoutAt) return { ...base, state: 'pending', createdAt: now, settledAt: null };
  return { ...base, state: stateAtTimeout(tags), createdAt: timeoutAt, settledAt: timeoutAt };
}

function newTask(promise: PromiseRow, now: number): TaskRow | null {
  const target = promise.tags[TAG.target];
  if (target === undefined) return null;
  const address = parseAddress(target);
  if (!address) throw new Error(`promise ${promise.id}: target ${target} is not an address`);
  const task: TaskRow = {
    ...unsent(address),
    ...NOTHING_DUE,
    id: promise.id,
    state: 'pending',
    version: 0,
    resumes: 0,
    setbacks: 0,
    pid: null,
    ttl: null,
    timeoutAt: promise.timeoutAt,
  };
  if (promise.state !== 'pending') return fulfilled(task);
  const delayedTo = delayOf(promise.tags);
  return delayedTo > now ? { ...task, dueAt: delayedTo } : dispatched(task, now);
}

/** Epoch ms in decimal digits; anything else means no delay. */
const TIME = /^\d{1,19}$/;

function delayOf(tags: PromiseRow['tags']): number {
  const delay = tags[TAG.delay] ?? '';
  return TIME.test(delay) ? Math.min(Number(delay), MAX_TIME) : 0;
}
