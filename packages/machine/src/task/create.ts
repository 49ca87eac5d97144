import { TAG } from '@resonate/protocol';
import { fail, ok, type OperationOf } from '../operation.ts';
import type { PromiseRow, TaskRow } from '../rows.ts';
import { createPromise } from '../rules/creation.ts';
import { acquire } from '../rules/lease.ts';
import { preload, type Preload } from '../rules/preload.ts';
import { promiseRecord, taskRecord } from '../rules/records.ts';

/** Creates a promise and acquires its task in one step, so no message is sent. */
export const taskCreate: OperationOf<'task.create'> = {
  needs({ action }, needs) {
    needs.creation(action.data.id);
    needs.preload(action.data.id);
    needs.resumable(action.data.id);
    const branch = action.data.tags[TAG.branch];
    if (branch !== undefined) needs.branch(branch);
  },
  touches: ({ action }) => [action.data.id],

  run(ws, { pid, ttl, action }, { now }) {
    const known = ws.promises.get(action.data.id);
    const promise = known ?? createPromise(ws, action.data, now).promise;
    const task = ws.tasks.get(promise.id);
    if (!task) return fail(422, 'Promise exists without a target task');
    if (task.state === 'fulfilled') return answer(promise, task, { preload: [] }, now);
    if (task.state !== 'pending') return fail(409, 'Already exists');
    return answer(promise, acquire(ws, task, pid, ttl, now), preload(ws, promise, now), now);
  },
};

function answer(promise: PromiseRow, task: TaskRow, branch: Preload, now: number) {
  return ok({ task: taskRecord(task, now), promise: promiseRecord(promise, now), ...branch });
}
