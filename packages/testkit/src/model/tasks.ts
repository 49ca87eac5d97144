import { PROTOCOL_VERSION, TASK_STATES, type TaskRecord } from '@resonate/protocol';
import { bad, type Fields } from './fields.ts';
import {
  createIfAbsent,
  page,
  promiseOr404,
  readCallback,
  readNewPromise,
  readSettlement,
  rememberCallback,
  settleIfPending,
} from './promises.ts';
import {
  dispatch,
  dropExecute,
  fencePreloadOf,
  returnTask,
  isPending,
  deactivate,
  preloadOf,
  settle,
  TARGET,
  touch,
  viewPromise,
  viewTask,
} from './rules.ts';
import { byId, type Context, type ModelTask, Refusal } from './state.ts';

/** Section 5 of the protocol, `task.*`: one function per kind. */

export function taskRecord(task: ModelTask): TaskRecord {
  const record: TaskRecord = { id: task.id, state: task.state, version: task.version, resumes: task.resumes.size };
  if (task.pid !== undefined) record.pid = task.pid;
  if (task.ttl !== undefined) record.ttl = task.ttl;
  return record;
}

function viewOr404(context: Context, id: string): ModelTask {
  const task = viewTask(context, id);
  if (!task) throw new Refusal(404, `no task ${id}`);
  return task;
}

/** The stored task, which the projected view shows as acquired at `version`. */
function acquiredOr409(context: Context, id: string, version: number): ModelTask {
  const view = viewOr404(context, id);
  if (view.state !== 'acquired') throw new Refusal(409, `task ${id} is ${view.state}, not acquired`);
  if (view.version !== version) throw new Refusal(409, `task ${id} is at version ${view.version}`);
  return context.state.tasks.get(id)!;
}

function acquire(context: Context, task: ModelTask, pid: string, ttl: number): void {
  task.state = 'acquired';
  task.version += 1;
  task.pid = pid;
  task.ttl = ttl;
  task.timerAt = context.now + ttl;
  task.resumes = new Set();
  dropExecute(context, task.id);
}

function taskWithPromise(context: Context, id: string): object {
  return {
    task: taskRecord(viewOr404(context, id)),
    promise: viewPromise(context, id),
    preload: preloadOf(context, id),
  };
}

export function taskGet(context: Context, data: Fields): unknown {
  const id = data.text('id');
  touch(context, [id]);
  return { task: taskRecord(viewOr404(context, id)) };
}

export function taskCreate(context: Context, data: Fields): unknown {
  const [pid, ttl] = [data.text('pid'), data.integer('ttl', 1)];
  const action = data.inner('action');
  action.oneOf('kind', ['promise.create']);
  const wanted = readNewPromise(action.inner('data'));
  if (wanted.tags[TARGET] === undefined) throw bad('task.create needs resonate:target');

  const { promises, tasks } = context.state;
  touch(context, [wanted.id]);
  if (promises.has(wanted.id) && !tasks.has(wanted.id)) throw new Refusal(422, 'the promise has no target');
  createIfAbsent(context, wanted);
  const view = viewOr404(context, wanted.id);
  if (view.state === 'fulfilled') return { ...taskWithPromise(context, wanted.id), preload: [] };
  if (view.state !== 'pending') throw new Refusal(409, `task ${wanted.id} is ${view.state}`);
  acquire(context, tasks.get(wanted.id)!, pid, ttl);
  return taskWithPromise(context, wanted.id);
}

export function taskAcquire(context: Context, data: Fields): unknown {
  const [id, version] = [data.text('id'), data.integer('version', 0)];
  const [pid, ttl] = [data.text('pid'), data.integer('ttl', 1)];
  touch(context, [id]);
  const view = viewOr404(context, id);
  if (view.state !== 'pending') throw new Refusal(409, `task ${id} is ${view.state}`);
  if (view.version !== version) throw new Refusal(409, `task ${id} is at version ${view.version}`);
  acquire(context, context.state.tasks.get(id)!, pid, ttl);
  return taskWithPromise(context, id);
}

export function taskRelease(context: Context, data: Fields): unknown {
  const [id, version] = [data.text('id'), data.integer('version', 0)];
  touch(context, [id]);
  returnTask(context, acquiredOr409(context, id, version));
  return {};
}

export function taskFulfill(context: Context, data: Fields): unknown {
  const [id, version] = [data.text('id'), data.integer('version', 0)];
  const action = data.inner('action');
  action.oneOf('kind', ['promise.settle']);
  const wanted = readSettlement(action.inner('data'));
  if (wanted.id !== id) throw bad('action.data.id must be the id of the task');
  const steps = (data.has('steps') ? data.list('steps') : []).map((step) => {
    return { created: readNewPromise(step.inner('create')), result: readSettlement(step.inner('settle')) };
  });
  const ids = steps.map(({ created, result }) => {
    if (created.id !== result.id || created.id === id)
      throw bad('create and settle of a step must have the same id, and not the id of the task');
    return created.id;
  });
  if (new Set(ids).size < ids.length) throw bad('two steps have the same id');
  touch(context, [id, ...ids]);
  acquiredOr409(context, id, version);
  for (const { created } of steps) {
    if (context.state.promises.has(created.id)) throw new Refusal(409, `${created.id} exists`);
    if (created.timeoutAt <= context.now) throw new Refusal(409, `the timeout of ${created.id} has passed`);
  }
  for (const { created, result } of steps) {
    createIfAbsent(context, created);
    settle(context, created.id, result.state, result.value, context.now);
  }
  settle(context, id, wanted.state, wanted.value, context.now);
  return { promise: viewPromise(context, id) };
}

export function taskSuspend(context: Context, data: Fields): { status: number; data: unknown } {
  const [id, version] = [data.text('id'), data.integer('version', 0)];
  const awaiteds = data.list('actions').map((action) => {
    action.oneOf('kind', ['promise.register_callback']);
    const { awaited, awaiter } = readCallback(action.inner('data'));
    if (awaiter !== id) throw bad('data.awaiter must be the id of the task');
    return awaited;
  });
  if (awaiteds.length === 0) throw bad('actions must not be empty');

  touch(context, [id, ...awaiteds]);
  const task = acquiredOr409(context, id, version);
  const missing = awaiteds.find((awaited) => !context.state.promises.has(awaited));
  if (missing !== undefined) throw new Refusal(422, `no promise ${missing}`);
  if (awaiteds.some((awaited) => !isPending(context, awaited))) {
    task.resumes = new Set();
    return { status: 300, data: { preload: preloadOf(context, id) } };
  }
  for (const awaited of awaiteds) rememberCallback(context, awaited, id);
  task.resumes = new Set();
  task.setbacks = 0;
  deactivate(context, task, 'suspended');
  return { status: 200, data: {} };
}

export function taskFence(context: Context, data: Fields): unknown {
  const [id, version] = [data.text('id'), data.integer('version', 0)];
  const action = data.inner('action');
  const kind = action.oneOf('kind', ['promise.create', 'promise.settle']);
  const wanted =
    kind === 'promise.create' ? readNewPromise(action.inner('data')) : readSettlement(action.inner('data'));
  if (wanted.id === id) throw bad('a fence acts on another promise');

  touch(context, [id, wanted.id]);
  const task = acquiredOr409(context, id, version);
  const before = context.state.promises.get(wanted.id);
  const head = { corrId: '', status: 200, version: PROTOCOL_VERSION };
  if ('timeoutAt' in wanted) {
    createIfAbsent(context, wanted);
  } else if (context.state.promises.has(wanted.id)) {
    settleIfPending(context, wanted);
  } else {
    head.status = 404;
    return { action: { kind, head, data: `no promise ${wanted.id}` }, preload: fencePreloadOf(context, id, wanted.id) };
  }
  // The worker made progress.
  if (context.state.promises.get(wanted.id) !== before) task.setbacks = 0;
  return {
    action: { kind, head, data: { promise: promiseOr404(context, wanted.id) } },
    preload: fencePreloadOf(context, id, wanted.id),
  };
}

export function taskHeartbeat(context: Context, data: Fields): unknown {
  const pid = data.text('pid');
  const listed = data.list('tasks').map((entry) => ({ id: entry.text('id'), version: entry.integer('version', 0) }));
  for (const { id, version } of listed) {
    const view = viewTask(context, id);
    if (view?.state !== 'acquired' || view.version !== version || view.pid !== pid) continue;
    context.state.tasks.get(id)!.timerAt = context.now + view.ttl!;
  }
  return {};
}

export function taskHalt(context: Context, data: Fields): unknown {
  const id = data.text('id');
  touch(context, [id]);
  const view = viewOr404(context, id);
  if (view.state === 'fulfilled') throw new Refusal(409, `task ${view.id} is fulfilled`);
  if (view.state !== 'halted') deactivate(context, context.state.tasks.get(view.id)!, 'halted');
  return {};
}

export function taskContinue(context: Context, data: Fields): unknown {
  const id = data.text('id');
  touch(context, [id]);
  const view = viewOr404(context, id);
  if (view.state !== 'halted') throw new Refusal(409, `task ${view.id} is ${view.state}`);
  dispatch(context, context.state.tasks.get(view.id)!);
  return {};
}

export function taskSearch(context: Context, data: Fields): unknown {
  const state = data.optionalOneOf('state', TASK_STATES);
  const [limit, after] = [data.limit(100), data.optionalText('cursor')];
  const found = byId(context.state.tasks.values())
    .map(({ id }) => viewOr404(context, id))
    .filter((task) => state === undefined || task.state === state);
  const { records, cursor } = page(found, limit, after);
  return { tasks: records.map(taskRecord), ...cursor };
}
