import { ok, type Operation } from '../operation.ts';
import { retried, retryAt } from '../rules/dispatch.ts';
import { isOver } from '../rules/expiry.ts';

/**
 * A pending task's retry timer fires (protocol section 7). Only `debug.tick` fires it. In normal operation a message becomes
 * due again without a timer (`claimed`).
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
