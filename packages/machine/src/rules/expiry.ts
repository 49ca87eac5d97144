import { MAX_TIME, TAG, type PromiseState } from '@resonate/protocol';
import type { PromiseRow, TaskRow } from '../rows.ts';

/**
 * The projected view (protocol section 4): a pending promise whose timeout has passed counts as settled, and its task as
 * fulfilled, even if the scheduler has not written this yet.
 */

export function isExpired(promise: PromiseRow, now: number): boolean {
  return promise.state === 'pending' && now >= promise.timeoutAt;
}

/** The state of a promise after its timeout. */
export function stateAtTimeout(tags: PromiseRow['tags']): PromiseState {
  return tags[TAG.timer] === 'true' ? 'resolved' : 'rejected_timedout';
}

export function projectPromise(promise: PromiseRow, now: number): PromiseRow {
  if (!isExpired(promise, now)) return promise;
  return { ...promise, state: stateAtTimeout(promise.tags), settledAt: promise.timeoutAt };
}

/** True when the task's promise is settled in the projected view. Then the task never changes again. */
export function isOver(task: TaskRow, now: number): boolean {
  return task.state === 'fulfilled' || now >= task.timeoutAt;
}

export function projectTask(task: TaskRow, now: number): TaskRow {
  return isOver(task, now) ? fulfilled(task) : task;
}

export function fulfilled(task: TaskRow): TaskRow {
  return { ...task, state: 'fulfilled', pid: null, ttl: null, resumes: 0, ...NOTHING_DUE };
}

/** Delivery fields of a task without a message. */
export const NOTHING_DUE = { dueAt: null, enqueuedAt: null, attempts: 0, claimedBy: null, deferredBy: null } as const;

/** `at` + `ms`, at most the largest valid time. */
export function after(at: number, ms: number): number {
  return Math.min(at + ms, MAX_TIME);
}
