import { fail, ok, TASK_NOT_FOUND, type OperationOf } from '../operation.ts';
import { dispatched } from '../rules/dispatch.ts';

/** A halted task is sent to workers again. */
export const taskContinue: OperationOf<'task.continue'> = {
  needs: ({ id }, needs) => needs.taskAndPromise(id),
  touches: ({ id }) => [id],

  run(ws, { id }, { now }) {
    const task = ws.tasks.get(id);
    if (!task) return TASK_NOT_FOUND;
    if (task.state !== 'halted') return fail(409, 'Task is not halted');
    ws.tasks.put(dispatched(task, now));
    return ok({});
  },
};
