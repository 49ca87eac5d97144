import { fail, ok, TASK_NOT_FOUND, type OperationOf } from '../operation.ts';
import { isHeldAt } from '../rules/lease.ts';
import { promiseRecord } from '../rules/records.ts';
import { settle } from '../rules/settlement.ts';

/** The worker has finished: the task's promise settles, and the task is fulfilled. */
export const taskFulfill: OperationOf<'task.fulfill'> = {
  needs: ({ id }, needs) => needs.settlement(id),
  touches: ({ id }) => [id],

  run(ws, { id, version, action }, { now }) {
    const task = ws.tasks.get(id);
    if (!task) return TASK_NOT_FOUND;
    if (!isHeldAt(task, version)) return fail(409, 'Task version mismatch or invalid state');
    const { state, value } = action.data;
    const settled = settle(ws, ws.promises.need(id), { state, value, settledAt: now }, now);
    return ok({ promise: promiseRecord(settled, now) });
  },
};
