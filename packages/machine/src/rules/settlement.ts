import type { PromiseState, Value } from '@resonate/protocol';
import type { CallbackRow, PromiseRow, TaskRow } from '../rows.ts';
import type { WorkingSet } from '../working-set.ts';
import { dispatched } from './dispatch.ts';
import { fulfilled, isOver } from './expiry.ts';

export interface Settlement {
  state: PromiseState;
  value: Value;
  settledAt: number;
}

/**
 * Everything that follows from a settlement (protocol section 7): the promise settles, its task is fulfilled, tasks that
 * await it are resumed, and its listeners become due. `now` is the time of the write. After a timeout it may be later than
 * `outcome.settledAt`.
 */
export function settle(ws: WorkingSet, promise: PromiseRow, outcome: Settlement, now: number): PromiseRow {
  const settled: PromiseRow = { ...promise, ...outcome };
  ws.promises.put(settled);
  const task = ws.tasks.get(promise.id);
  if (task) {
    ws.tasks.put(fulfilled(task));
    for (const registration of ws.callbacksOf(task.id)) ws.removeCallback(registration);
  }
  for (const callback of ws.callbacksOn(promise.id)) if (!callback.ready) fire(ws, callback, now);
  for (const listener of ws.listenersOn(promise.id)) {
    if (listener.dueAt === null) ws.putListener({ ...listener, dueAt: now, enqueuedAt: now });
  }
  return settled;
}

/** An awaited promise settled: counts it for its awaiter, and makes the awaiter pending if it is suspended. */
export function fire(ws: WorkingSet, callback: CallbackRow, now: number): void {
  const awaiter = ws.tasks.get(callback.awaiter);
  if (!awaiter || isOver(awaiter, now)) {
    ws.removeCallback(callback);
    return;
  }
  ws.putCallback({ ...callback, ready: true });
  ws.tasks.put(resumedTask(awaiter, now));
}

function resumedTask(task: TaskRow, now: number): TaskRow {
  if (task.state === 'suspended') return { ...dispatched(task, now), resumes: 1 };
  return { ...task, resumes: task.resumes + 1 };
}
