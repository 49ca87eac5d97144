import type { TaskRow } from '../rows.ts';

/** Task becomes pending and its `execute` message due at once, as a fresh message (protocol section 7). */
export function dispatched(task: TaskRow, now: number): TaskRow {
  return { ...task, state: 'pending', pid: null, ttl: null, dueAt: now, enqueuedAt: now, attempts: 0, claimedBy: null };
}

/**
 * When the protocol's retry timer of a pending task fires. A message that waits was enqueued together with a timer
 * retryTimeoutMs later; else (delayed, or handed over already) the timer is `dueAt` itself.
 */
export function retryAt(task: TaskRow, retryTimeoutMs: number): number | null {
  if (task.state !== 'pending' || task.dueAt === null) return null;
  return task.dueAt === task.enqueuedAt ? task.dueAt + retryTimeoutMs : task.dueAt;
}
