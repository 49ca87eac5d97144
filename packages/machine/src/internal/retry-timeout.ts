import { ok, type Operation } from '../operation.ts';
import { retried, retryAt } from '../rules/dispatch.ts';
import { isOver } from '../rules/expiry.ts';

/**
 * A pending task's retry timer fires (protocol section 7). Only `debug.tick` asks for it: with deliveries running, a
 * message that was handed over becomes due again by itself.
 */
export const retryTimeout: Operation<{ id: string }> = {
  needs: ({ id }, needs) => needs.task(id),

  run(ws, { id }, { now, retryTimeoutMs }) {
    const task = ws.tasks.get(id);
    const at = task && retryAt(task, retryTimeoutMs);
    if (task && at !== null && now >= at && !isOver(task, now)) ws.tasks.put(retried(task, now));
    return ok({});
  },
};
