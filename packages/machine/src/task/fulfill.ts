import { type RequestData } from '@resonate/protocol';
import { fail, ok, TASK_NOT_FOUND, type OperationOf } from '../operation.ts';
import { createPromise } from '../rules/creation.ts';
import { isHeldAt } from '../rules/lease.ts';
import { promiseRecord } from '../rules/records.ts';
import { settle } from '../rules/settlement.ts';
import type { WorkingSet } from '../working-set.ts';

type Steps = NonNullable<RequestData<'task.fulfill'>['steps']>;

/**
 * The worker has finished: the task's promise settles, and the task is fulfilled. `steps` are its last steps, which are
 * not stored yet. Either all of this happens, or nothing.
 */
export const taskFulfill: OperationOf<'task.fulfill'> = {
  needs({ id, steps = [] }, needs) {
    needs.settlement(id);
    for (const { create } of steps) {
      needs.creation(create.id);
      needs.settlement(create.id);
    }
  },
  touches: ({ id, steps = [] }) => [id, ...steps.map(({ create }) => create.id)],

  run(ws, { id, version, action, steps = [] }, { now }) {
    const task = ws.tasks.get(id);
    if (!task) return TASK_NOT_FOUND;
    if (!isHeldAt(task, version)) return fail(409, 'Task version mismatch or invalid state');
    const refusal = refusalOf(ws, steps, now);
    if (refusal !== null) return fail(409, refusal);
    for (const { create, settle: result } of steps) {
      settle(ws, createPromise(ws, create, now).promise, { ...result, settledAt: now }, now);
    }
    const { state, value } = action.data;
    const settled = settle(ws, ws.promises.need(id), { state, value, settledAt: now }, now);
    return ok({ promise: promiseRecord(settled, now) });
  },
};

/** Why a step cannot be created and settled as the worker says; null if each of them can. */
function refusalOf(ws: WorkingSet, steps: Steps, now: number): string | null {
  for (const { create } of steps) {
    if (ws.promises.get(create.id)) return `Promise ${create.id} already exists`;
    if (create.timeoutAt <= now) return `Promise ${create.id} has timed out`;
  }
  return null;
}
