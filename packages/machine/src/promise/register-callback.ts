import { TAG } from '@resonate/protocol';
import { fail, ok, type OperationOf } from '../operation.ts';
import { promiseRecord } from '../rules/records.ts';
import { fire } from '../rules/settlement.ts';

/** Stores that the task of `awaiter` waits for `awaited`. If that promise is already settled, it counts at once. */
export const promiseRegisterCallback: OperationOf<'promise.register_callback'> = {
  needs({ awaited, awaiter }, needs) {
    needs.promise(awaited);
    needs.promise(awaiter);
    needs.task(awaiter);
    needs.callback(awaited, awaiter);
  },
  touches: ({ awaited, awaiter }) => [awaited, awaiter],

  run(ws, { awaited, awaiter }, { now }) {
    const promise = ws.promises.get(awaited);
    if (!promise) return fail(404, 'Awaited promise not found');
    const waiting = ws.promises.get(awaiter);
    if (!waiting) return fail(422, 'Awaiter promise not found');
    if (waiting.tags[TAG.target] === undefined) return fail(422, `Awaiter promise has no ${TAG.target} tag`);

    const { state } = ws.tasks.need(awaiter);
    const callback = ws.callback(awaited, awaiter) ?? { awaited, awaiter, ready: false };
    if (state !== 'fulfilled' && promise.state === 'pending') ws.putCallback(callback);
    // A halted task counts settlements of promises that it awaited before, but not of promises that were already settled.
    else if (state !== 'fulfilled' && state !== 'halted' && !callback.ready) fire(ws, callback, now);
    return ok({ promise: promiseRecord(promise, now) });
  },
};
