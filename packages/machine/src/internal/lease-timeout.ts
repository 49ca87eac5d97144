import { ok, type Operation } from '../operation.ts';
import { returned } from '../rules/dispatch.ts';
import { isOver } from '../rules/expiry.ts';

/** A worker's lease expired, so its task is sent again. Does nothing if the lease was renewed meanwhile. */
export const leaseTimeout: Operation<{ id: string }> = {
  needs: ({ id }, needs) => needs.taskAndPromise(id),
  // If its promise has timed out, this settles it. If it cannot be settled, this fails, and the timer is retried with backoff.
  touches: ({ id }) => [id],

  run(ws, { id }, { now, retryTimeoutMs }) {
    const task = ws.tasks.get(id);
    if (task?.state === 'acquired' && task.dueAt !== null && now >= task.dueAt && !isOver(task, now)) {
      ws.tasks.put(returned(task, now, retryTimeoutMs));
    }
    return ok({});
  },
};
