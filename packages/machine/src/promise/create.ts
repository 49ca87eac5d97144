import { ok, type OperationOf } from '../operation.ts';
import { createPromise } from '../rules/creation.ts';
import { promiseRecord } from '../rules/records.ts';

/** Idempotent by id: if the promise exists, the answer is its record, whatever else the request says. */
export const promiseCreate: OperationOf<'promise.create'> = {
  needs: ({ id }, needs) => needs.creation(id),
  touches: ({ id }) => [id],

  run(ws, data, { now }) {
    const promise = ws.promises.get(data.id) ?? createPromise(ws, data, now).promise;
    return ok({ promise: promiseRecord(promise, now) });
  },
};
