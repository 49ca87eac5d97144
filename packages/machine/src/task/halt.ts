import { fail, ok, TASK_NOT_FOUND, type OperationOf } from '../operation.ts';
import { isOver, NOTHING_DUE } from '../rules/expiry.ts';

/** Takes a task out of circulation until it is continued. */
export const taskHalt: OperationOf<'task.halt'> = {
  needs: ({ id }, needs) => needs.task(id),

  run(ws, { id }, { now }) {
    const task = ws.tasks.get(id);
    if (!task) return TASK_NOT_FOUND;
    if (isOver(task, now)) return fail(409, 'Task is fulfilled');
    if (task.state !== 'halted') ws.tasks.put({ ...task, ...NOTHING_DUE, state: 'halted', pid: null, ttl: null });
    return ok({});
  },
};
