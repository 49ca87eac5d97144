import { fail, ok, TASK_NOT_FOUND, type OperationOf } from '../operation.ts';
import { returned } from '../rules/dispatch.ts';
import { isHeldAt } from '../rules/lease.ts';

/** The worker releases its task. It is sent out again with the same version, with a delay if this happens repeatedly. */
export const taskRelease: OperationOf<'task.release'> = {
  needs: ({ id }, needs) => needs.taskAndPromise(id),
  touches: ({ id }) => [id],

  run(ws, { id, version }, { now, retryTimeoutMs }) {
    const task = ws.tasks.get(id);
    if (!task) return TASK_NOT_FOUND;
    if (!isHeldAt(task, version)) return fail(409, 'Task version mismatch or invalid state');
    ws.tasks.put(returned(task, now, retryTimeoutMs));
    return ok({});
  },
};
