import { TAG } from '@resonate/protocol';
import { fail, ok, type OperationOf } from '../operation.ts';
import type { PromiseRow, TaskRow } from '../rows.ts';
import { bear } from '../rules/birth.ts';
import { isOver } from '../rules/expiry.ts';
import { acquire } from '../rules/lease.ts';
import { preload } from '../rules/preload.ts';
import { promiseRecord, taskRecord } from '../rules/records.ts';
import type { WorkingSet } from '../working-set.ts';

/** Makes a promise and takes its task in one step: no message goes out. */
export const taskCreate: OperationOf<'task.create'> = {
  needs({ action }, needs) {
    needs.preload(action.data.id);
    needs.resumable(action.data.id);
    const branch = action.data.tags[TAG.branch];
    if (branch !== undefined) needs.branch(branch);
  },

  run(ws, { pid, ttl, action }, { now }) {
    const known = ws.promises.get(action.data.id);
    const promise = known ?? bear(ws, action.data, now).promise;
    const task = ws.tasks.get(promise.id);
    if (!task) return fail(422, 'Promise exists without a target task');
    if (isOver(task, now)) return answer(ws, promise, task, now);
    if (task.state !== 'pending') return fail(409, 'Already exists');
    return answer(ws, promise, acquire(ws, task, pid, ttl, now), now);
  },
};

function answer(ws: WorkingSet, promise: PromiseRow, task: TaskRow, now: number) {
  return ok({
    task: taskRecord(task, now),
    promise: promiseRecord(promise, now),
    preload: preload(ws, promise, now),
  });
}
