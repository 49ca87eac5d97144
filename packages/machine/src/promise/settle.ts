import { ok, PROMISE_NOT_FOUND, type OperationOf } from '../operation.ts';
import { promiseRecord } from '../rules/records.ts';
import { settle } from '../rules/settlement.ts';

/** The first settlement counts. Later ones get its record as the answer. */
export const promiseSettle: OperationOf<'promise.settle'> = {
  needs: ({ id }, needs) => needs.settlement(id),
  touches: ({ id }) => [id],

  run(ws, { id, state, value }, { now }) {
    const promise = ws.promises.get(id);
    if (!promise) return PROMISE_NOT_FOUND;
    if (promise.state !== 'pending') return ok({ promise: promiseRecord(promise, now) });
    return ok({ promise: promiseRecord(settle(ws, promise, { state, value, settledAt: now }, now), now) });
  },
};
