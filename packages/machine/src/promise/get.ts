import { ok, PROMISE_NOT_FOUND, type OperationOf } from '../operation.ts';
import { promiseRecord } from '../rules/records.ts';

export const promiseGet: OperationOf<'promise.get'> = {
  needs: ({ id }, needs) => needs.promise(id),
  touches: ({ id }) => [id],

  run(ws, { id }, { now }) {
    const promise = ws.promises.get(id);
    return promise ? ok({ promise: promiseRecord(promise, now) }) : PROMISE_NOT_FOUND;
  },
};
