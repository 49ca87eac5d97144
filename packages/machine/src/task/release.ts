import { fail, ok, TASK_NOT_FOUND, type OperationOf } from '../operation.ts';
import { returned } from '../rules/dispatch.ts';
import { isHeldAt } from '../rules/lease.ts';

/** The worker gives its task back: it is sent out again at the version it has, later when this happens repeatedly. */
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
