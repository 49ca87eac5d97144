import { fail, ok, TASK_NOT_FOUND, type OperationOf } from '../operation.ts';
import { acquire } from '../rules/lease.ts';
import { preload } from '../rules/preload.ts';
import { promiseRecord, taskRecord } from '../rules/records.ts';

/** A worker acquires a pending task, by the version in its `execute` message. */
export const taskAcquire: OperationOf<'task.acquire'> = {
  needs({ id }, needs) {
    needs.preload(id);
    needs.resumable(id);
  },
  touches: ({ id }) => [id],

  run(ws, { id, version, pid, ttl }, { now }) {
    const task = ws.tasks.get(id);
    if (!task) return TASK_NOT_FOUND;
    if (task.state !== 'pending') return fail(409, 'Task is not pending');
    if (task.version !== version) return fail(409, 'Version mismatch');
    const acquired = acquire(ws, task, pid, ttl, now);
    const promise = ws.promises.need(id);
    return ok({
      task: taskRecord(acquired, now),
      promise: promiseRecord(promise, now),
      ...preload(ws, promise, now),
    });
  },
};
