import { executeMessage, unblockMessage, type Message } from '@resonate/protocol';
import type { Loaded } from './working-set.ts';
import type { TaskRow } from './rows.ts';
import { isUntried, retryAt } from './rules/dispatch.ts';
import { projectPromise } from './rules/expiry.ts';
import { promiseRecord, taskRecord } from './rules/records.ts';
import { ok, type Context } from './operation.ts';

/** The answer of `debug.snap` (protocol section 5): everything in the database. @param rows the whole database. */
export function debugSnap(rows: Loaded, { now, retryTimeoutMs }: Context, serverUrl: string) {
  const promises = rows.promises.map((row) => projectPromise(row, now));
  const outstanding = rows.listeners.filter((row) => row.dueAt === null);
  return ok({
    promises: promises.map((row) => promiseRecord(row, now)),
    promiseTimeouts: promises
      .filter((row) => row.state === 'pending')
      .map((row) => ({ id: row.id, timeout: row.timeoutAt })),
    callbacks: rows.callbacks.filter((row) => !row.ready).map(({ awaiter, awaited }) => ({ awaiter, awaited })),
    listeners: outstanding.map((row) => ({ id: row.awaited, address: row.address })),
    tasks: rows.tasks.map((row) => taskRecord(row, now)),
    taskTimeouts: rows.tasks.flatMap((row) => taskTimeout(row, retryTimeoutMs)),
    messages: messages(rows, { now, retryTimeoutMs }, serverUrl),
  });
}

function taskTimeout(task: TaskRow, retryTimeoutMs: number) {
  if (task.state === 'acquired') return [{ id: task.id, type: 1, timeout: task.dueAt }];
  const timeout = retryAt(task, retryTimeoutMs);
  return timeout === null ? [] : [{ id: task.id, type: 0, timeout }];
}

function messages(
  rows: Loaded,
  { now, retryTimeoutMs }: Context,
  serverUrl: string,
): { address: string; message: Message }[] {
  const promises = new Map(rows.promises.map((row) => [row.id, row]));
  const executes = rows.tasks
    .filter((task) => task.state === 'pending' && task.dueAt !== null)
    // A task in backoff counts as enqueued, as on the public server.
    .filter((task) => (task.dueAt ?? now) <= now || isUntried(task, retryTimeoutMs))
    .map((task) => ({ address: task.address, message: executeMessage(serverUrl, task.id, task.version) }));
  const unblocks = rows.listeners.flatMap((listener) => {
    const promise = promises.get(listener.awaited);
    if (listener.dueAt === null || !promise) return [];
    return [{ address: listener.address, message: unblockMessage(promiseRecord(promise, now)) }];
  });
  return [...executes, ...unblocks];
}
