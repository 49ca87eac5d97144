import { ok, type Operation } from '../operation.ts';
import { isExpired, stateAtTimeout } from '../rules/expiry.ts';
import { settle } from '../rules/settlement.ts';

/** A pending promise's time has come (protocol section 7). Does nothing when it has not, or not any more. */
export const promiseTimeout: Operation<{ id: string }> = {
  needs: ({ id }, needs) => needs.settlement(id),

  run(ws, { id }, { now }) {
    const promise = ws.promises.get(id);
    if (promise && isExpired(promise, now)) {
      const state = stateAtTimeout(promise.tags);
      settle(ws, promise, { state, value: promise.value, settledAt: promise.timeoutAt }, now);
    }
    return ok({});
  },
};
