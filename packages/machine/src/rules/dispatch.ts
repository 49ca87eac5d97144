import type { TaskRow } from '../rows.ts';
import { after, NOTHING_DUE } from './expiry.ts';

/** The task becomes pending and its `execute` message due at once, as a fresh message (protocol section 7). */
export function dispatched(task: TaskRow, now: number): TaskRow {
  return { ...retried(task, now), setbacks: 0 };
}

/** The task becomes pending, if it is not, and its `execute` message due at once again. Its setbacks still count. */
export function retried(task: TaskRow, now: number): TaskRow {
  return { ...task, ...NOTHING_DUE, state: 'pending', pid: null, ttl: null, dueAt: now, enqueuedAt: now };
}

/** 0.5 s after the second setback, then twice as long each time. */
const BACKOFF_MS = { first: 500, most: 20_000 };

/**
 * A worker released the task, or its lease expired. From the second time on without progress the message is delayed.
 * Otherwise a task that no worker can run would be sent and released as fast as the network allows.
 */
export function returned(task: TaskRow, now: number, retryTimeoutMs: number): TaskRow {
  const setbacks = task.setbacks + 1;
  return { ...retried(task, now), setbacks, dueAt: after(now, backoffMs(setbacks, retryTimeoutMs)) };
}

/** Always shorter than the retry timeout, so that `isUntried` can tell a backoff from a claim. */
function backoffMs(setbacks: number, retryTimeoutMs: number): number {
  if (setbacks < 2) return 0;
  const ms = Math.min(BACKOFF_MS.first * 2 ** (setbacks - 2), BACKOFF_MS.most);
  return Math.max(0, Math.min(ms, retryTimeoutMs - 1));
}

/**
 * True for a message that was enqueued, is not claimed and is due less than the retry timeout after it was enqueued. A claim
 * sets `dueAt` to its time plus the retry timeout, so a message whose attempt failed within that time counts as untried, too.
 */
export function isUntried({ dueAt, enqueuedAt, claimedBy }: TaskRow, retryTimeoutMs: number): boolean {
  if (dueAt === null || enqueuedAt === null || claimedBy !== null) return false;
  return dueAt - enqueuedAt < Math.max(1, retryTimeoutMs);
}

/**
 * When the protocol's retry timer of a pending task fires: retryTimeoutMs after the message was enqueued if it is untried
 * (`isUntried`), else at `dueAt`.
 */
export function retryAt(task: TaskRow, retryTimeoutMs: number): number | null {
  if (task.state !== 'pending' || task.dueAt === null) return null;
  return isUntried(task, retryTimeoutMs) ? (task.enqueuedAt ?? 0) + retryTimeoutMs : task.dueAt;
}
