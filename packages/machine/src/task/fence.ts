import { PROTOCOL_VERSION, type Reply, type RequestData } from '@resonate/protocol';
import type { Needs } from '../needs.ts';
import { fail, ok, TASK_NOT_FOUND, type Choices, type Context, type OperationOf } from '../operation.ts';
import { promiseCreate } from '../promise/create.ts';
import { promiseSettle } from '../promise/settle.ts';
import { graphOf, recordCall } from '../rules/call.ts';
import { isHeldAt } from '../rules/lease.ts';
import { fencePreload } from '../rules/preload.ts';
import type { WorkingSet } from '../working-set.ts';

type Action = RequestData<'task.fence'>['action'];

/** Creates or settles another promise, but only while the caller still holds its own task. */
export const taskFence: OperationOf<'task.fence'> = {
  needs({ id, action }, needs, choices) {
    needs.taskAndPromise(id);
    if (choices.fencePreload !== 'own') needs.fencePreload(id);
    actionNeeds(action, needs, choices);
    if (action.kind === 'promise.create' && graphOf(action.data) === action.data.id) needs.call(action.data.id, id);
  },
  touches: ({ id, action }) => [id, action.data.id],

  run(ws, { id, version, action }, context) {
    const task = ws.tasks.get(id);
    if (!task) return TASK_NOT_FOUND;
    if (!isHeldAt(task, version)) return fail(409, 'Version mismatch');
    const before = ws.promises.get(action.data.id);
    const reply = runAction(ws, action, context);
    const acted = ws.promises.get(action.data.id);
    if (acted && action.kind === 'promise.create') recordCall(ws, ws.promises.need(id), acted);
    const isProgress = acted !== before;
    if (isProgress && task.setbacks > 0) ws.tasks.put({ ...ws.tasks.need(id), setbacks: 0 });
    const head = { corrId: context.corrId ?? '', status: reply.status, version: PROTOCOL_VERSION };
    return ok({
      action: { kind: action.kind, head, data: reply.data },
      preload: fencePreload(ws, ws.promises.need(id), acted, {
        now: context.now,
        mode: context.fencePreload ?? 'small',
      }),
    });
  },
};

function actionNeeds(action: Action, needs: Needs, choices: Choices): void {
  if (action.kind === 'promise.create') promiseCreate.needs(action.data, needs, choices);
  else promiseSettle.needs(action.data, needs, choices);
}

function runAction(ws: WorkingSet, action: Action, context: Context): Reply {
  if (action.kind === 'promise.create') return promiseCreate.run(ws, action.data, context);
  return promiseSettle.run(ws, action.data, context);
}
