import { ok, TASK_NOT_FOUND, type OperationOf } from '../operation.ts';
import { taskRecord } from '../rules/records.ts';

export const taskGet: OperationOf<'task.get'> = {
  needs: ({ id }, needs) => needs.taskAndPromise(id),
  touches: ({ id }) => [id],

  run(ws, { id }, { now }) {
    const task = ws.tasks.get(id);
    return task ? ok({ task: taskRecord(task, now) }) : TASK_NOT_FOUND;
  },
};
