import { fail, ok, TASK_NOT_FOUND, type OperationOf } from '../operation.ts';
import { NOTHING_DUE } from '../rules/expiry.ts';
import { clearResumes, isHeldAt } from '../rules/lease.ts';
import { preload } from '../rules/preload.ts';

/** The worker waits for other promises. If one of them is already settled, the worker continues at once (300). */
export const taskSuspend: OperationOf<'task.suspend'> = {
  needs({ id, actions }, needs) {
    needs.preload(id);
    needs.resumable(id);
    for (const { data } of actions) {
      needs.promise(data.awaited);
      needs.callback(data.awaited, data.awaiter);
    }
  },
  touches: ({ id, actions }) => [id, ...actions.map(({ data }) => data.awaited)],

  run(ws, { id, version, actions }, { now }) {
    const task = ws.tasks.get(id);
    if (!task) return TASK_NOT_FOUND;
    if (!isHeldAt(task, version)) return fail(409, 'Task is not acquired or version mismatch');
    const awaited = actions.map(({ data }) => ws.promises.get(data.awaited));
    if (awaited.some((promise) => promise === null)) return fail(422, 'Awaited promise not found');

    clearResumes(ws, task);
    if (awaited.some((promise) => promise?.state !== 'pending')) {
      if (task.resumes > 0) ws.tasks.put({ ...task, resumes: 0 });
      return { status: 300, data: { ...preload(ws, ws.promises.need(id), now) } };
    }
    for (const { data } of actions) {
      ws.putCallback(ws.callback(data.awaited, id) ?? { awaited: data.awaited, awaiter: id, ready: false });
    }
    ws.tasks.put({ ...task, ...NOTHING_DUE, state: 'suspended', setbacks: 0, resumes: 0, pid: null, ttl: null });
    return ok({});
  },
};
