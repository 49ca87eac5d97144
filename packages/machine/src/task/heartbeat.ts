import { ok, type OperationOf } from '../operation.ts';
import { after, isOver } from '../rules/expiry.ts';
import { isHeldAt } from '../rules/lease.ts';

/** Renews the leases that the worker still holds. Tasks that it no longer holds are ignored. */
export const taskHeartbeat: OperationOf<'task.heartbeat'> = {
  needs({ tasks }, needs) {
    for (const { id } of tasks) needs.task(id);
  },

  run(ws, { pid, tasks }, { now }) {
    for (const { id, version } of tasks) {
      const task = ws.tasks.get(id);
      if (!task || task.pid !== pid || task.ttl === null || !isHeldAt(task, version)) continue;
      if (isOver(task, now)) continue;
      ws.tasks.put({ ...task, dueAt: after(now, task.ttl) });
    }
    return ok({});
  },
};
