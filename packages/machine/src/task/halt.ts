import { fail, ok, TASK_NOT_FOUND, type OperationOf } from '../operation.ts';
import { NOTHING_DUE } from '../rules/expiry.ts';

/** Halts a task: it is not sent to workers until it is continued. */
export const taskHalt: OperationOf<'task.halt'> = {
  needs: ({ id }, needs) => needs.taskAndPromise(id),
  touches: ({ id }) => [id],

  run(ws, { id }) {
    const task = ws.tasks.get(id);
    if (!task) return TASK_NOT_FOUND;
    if (task.state === 'fulfilled') return fail(409, 'Task is fulfilled');
    if (task.state !== 'halted') ws.tasks.put({ ...task, ...NOTHING_DUE, state: 'halted', pid: null, ttl: null });
    return ok({});
  },
};
