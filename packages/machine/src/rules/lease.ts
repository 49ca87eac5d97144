import type { TaskRow } from '../rows.ts';
import type { WorkingSet } from '../working-set.ts';
import { after, NOTHING_DUE } from './expiry.ts';

/** A worker acquires the task (protocol section 5): the next version, leased to `pid` for `ttl` ms, without resumes. */
export function acquire(ws: WorkingSet, task: TaskRow, pid: string, ttl: number, now: number): TaskRow {
  clearResumes(ws, task);
  const acquired: TaskRow = {
    ...task,
    ...NOTHING_DUE,
    state: 'acquired',
    version: task.version + 1,
    pid,
    ttl,
    resumes: 0,
    dueAt: after(now, ttl),
  };
  ws.tasks.put(acquired);
  return acquired;
}

/** Deletes the callbacks of awaited promises that have settled since the last acquire. */
export function clearResumes(ws: WorkingSet, task: TaskRow): void {
  if (task.resumes === 0) return;
  for (const callback of ws.callbacksOf(task.id)) {
    if (callback.ready) ws.removeCallback(callback);
  }
}

/**
 * True while a worker holds this `version` of the task. Every operation of a worker on its own task checks it. An expired
 * lease counts until the scheduler ends it.
 */
export function isHeldAt(task: TaskRow, version: number): boolean {
  return task.state === 'acquired' && task.version === version;
}
