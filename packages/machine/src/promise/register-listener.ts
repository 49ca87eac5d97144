import { parseAddress } from '@resonate/protocol';
import { fail, ok, type OperationOf } from '../operation.ts';
import { pairKey, unsent } from '../rows.ts';
import { promiseRecord } from '../rules/records.ts';

/** Stores the address to notify when `awaited` settles. If it is already settled, the answer says so and nothing is sent. */
export const promiseRegisterListener: OperationOf<'promise.register_listener'> = {
  needs({ awaited, address }, needs) {
    needs.promise(awaited);
    needs.listener(awaited, address);
  },
  touches: ({ awaited }) => [awaited],

  run(ws, { awaited, address }, { now }) {
    const promise = ws.promises.get(awaited);
    if (!promise) return fail(404, 'Awaited promise not found');
    const known = ws.listeners.get(pairKey(awaited, address));
    if (!known && promise.state === 'pending') {
      const parsed = parseAddress(address);
      if (!parsed) throw new Error(`${address} is not an address`);
      ws.putListener({ awaited, dueAt: null, ...unsent(parsed) });
    }
    return ok({ promise: promiseRecord(promise, now) });
  },
};
