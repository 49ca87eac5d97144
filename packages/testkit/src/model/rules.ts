import { executeMessage, type PromiseRecord, type PromiseState, unblockMessage, type Value } from '@resonate/protocol';
import { copyOf } from '../copy-of.ts';
import { byId, type Context, type ModelTask, type WaitingMessage } from './state.ts';

/** Sections 4 and 7 of the protocol: the projected view, and what follows from a transition. */

export const TARGET = 'resonate:target';
const TIMER = 'resonate:timer';
const BRANCH = 'resonate:branch';

function isExpired(promise: PromiseRecord, now: number): boolean {
  return promise.state === 'pending' && now >= promise.timeoutAt;
}

export function stateAfterTimeout(tags: PromiseRecord['tags']): PromiseState {
  return tags[TIMER] === 'true' ? 'resolved' : 'rejected_timedout';
}

/** The promise in the projected view (section 4) at `now`. */
export function viewPromise({ state, now }: Context, id: string): PromiseRecord | undefined {
  const promise = state.promises.get(id);
  if (!promise) return undefined;
  if (!isExpired(promise, now)) return copyOf(promise);
  return { ...copyOf(promise), state: stateAfterTimeout(promise.tags), settledAt: promise.timeoutAt };
}

export function isPending(context: Context, id: string): boolean {
  return viewPromise(context, id)?.state === 'pending';
}

/** The task in the projected view (section 4) at `now`: fulfilled if its promise is settled or has expired. */
export function viewTask(context: Context, id: string): ModelTask | undefined {
  const task = context.state.tasks.get(id);
  if (!task) return undefined;
  if (isPending(context, id)) return { ...task, resumes: new Set(task.resumes) };
  return { id, state: 'fulfilled', version: task.version, resumes: new Set(), setbacks: task.setbacks };
}

export function preloadOf(context: Context, id: string): PromiseRecord[] {
  const branch = context.state.promises.get(id)?.tags[BRANCH];
  if (branch === undefined) return [];
  return byId(context.state.promises.values())
    .filter((promise) => promise.id !== id && promise.tags[BRANCH] === branch)
    .map((promise) => viewPromise(context, promise.id)!);
}

/** Within these limits the answer to a fence has the whole branch, otherwise only the promise that it acted on. */
const FENCE_PROMISES = 4;
const FENCE_BYTES = 2_048;

/** The preload of a fence. @param acted the id in its action. That promise may not exist. */
export function fencePreloadOf(context: Context, id: string, acted: string): PromiseRecord[] {
  const branch = preloadOf(context, id);
  const whole = [viewPromise(context, id)!, ...branch];
  const bytes = whole.reduce((sum, promise) => sum + bytesOf(promise), 0);
  const isSmall = branch.length <= FENCE_PROMISES && bytes <= FENCE_BYTES;
  if (isSmall && context.fencePreload === 'small') return branch;
  return branch.filter((promise) => promise.id === acted);
}

/** Counts the id and every text in param, value and tags, without the JSON syntax. */
function bytesOf({ id, param, value, tags }: PromiseRecord): number {
  const maps = [param.headers, value.headers, tags].flatMap((map) => Object.entries(map ?? {}).flat());
  return Buffer.byteLength([id, param.data, value.data, ...maps].join(''));
}

/** Makes the task pending, and sends its `execute` message. */
export function dispatch(context: Context, task: ModelTask): void {
  task.state = 'pending';
  task.setbacks = 0;
  delete task.pid;
  delete task.ttl;
  sendExecute(context, task);
}

/**
 * The same for a task that was released or whose lease expired. The first message is due at once, the second after
 * 0.5 s, and each further one after twice as long: at most 20 s, and always less than the retry timeout.
 */
export function returnTask(context: Context, task: ModelTask): void {
  const setbacks = task.setbacks + 1;
  dispatch(context, task);
  task.setbacks = setbacks;
  const waitMs = Math.min(
    setbacks < 2 ? 0 : 250 * 2 ** (setbacks - 1),
    20_000,
    Math.max(0, context.retryTimeoutMs - 1),
  );
  const { outbox } = context.state;
  const last = outbox.pop();
  if (last) outbox.push({ ...last, dueAt: last.dueAt + waitMs });
}

/** A message that was not claimed yet. */
function newMessage(now: number): WaitingMessage {
  return { dueAt: now, enqueuedAt: now, attempts: 0, claimedBy: null, deferredBy: null };
}

/** Sends an `execute`. It replaces the one that still waits. The next one is due after the retry timeout. */
export function sendExecute(context: Context, task: ModelTask): void {
  task.timerAt = context.now + context.retryTimeoutMs;
  dropExecute(context, task.id);
  context.state.outbox.push({
    address: context.state.promises.get(task.id)!.tags[TARGET]!,
    message: executeMessage(context.serverUrl, task.id, task.version),
    ...newMessage(context.now),
  });
}

export function dropExecute({ state }: Context, id: string): void {
  state.outbox = state.outbox.filter(({ message }) => message.kind !== 'execute' || message.data.task.id !== id);
}

/** Puts the task into a state without a lease, a timer and a message. */
export function deactivate(context: Context, task: ModelTask, state: 'suspended' | 'halted' | 'fulfilled'): void {
  task.state = state;
  delete task.pid;
  delete task.ttl;
  delete task.timerAt;
  dropExecute(context, task.id);
}

/** A promise that the task awaits has settled: resumes the task, or counts the settlement. */
export function resume(context: Context, awaiter: string, awaited: string): void {
  const task = context.state.tasks.get(awaiter);
  if (!task || !isPending(context, awaiter)) return;
  if (task.state === 'suspended') {
    task.resumes = new Set([awaited]);
    dispatch(context, task);
  } else {
    task.resumes.add(awaited);
  }
}

/** Settles a pending promise, with everything that follows from it. */
export function settle(context: Context, id: string, to: PromiseState, value: Value, settledAt: number): void {
  const { state } = context;
  const promise = { ...state.promises.get(id)!, state: to, value: copyOf(value), settledAt };
  state.promises.set(id, promise);

  const task = state.tasks.get(id);
  if (task) {
    deactivate(context, task, 'fulfilled');
    task.resumes = new Set();
    state.callbacks = state.callbacks.filter(({ awaiter }) => awaiter !== id);
  }

  for (const { awaited, awaiter } of state.callbacks) {
    if (awaited === id) resume(context, awaiter, id);
  }
  state.callbacks = state.callbacks.filter(({ awaited }) => awaited !== id);

  for (const listener of state.listeners) {
    if (listener.id !== id) continue;
    const message = unblockMessage(copyOf(promise));
    state.outbox.push({ address: listener.address, message, ...newMessage(context.now) });
  }
  state.listeners = state.listeners.filter((listener) => listener.id !== id);
}

/**
 * Settles those of the promises that have timed out. Every request except a heartbeat or a search first does so with
 * the promises that it names, even if it is then refused. The recorded traffic shows this.
 */
export function touch(context: Context, ids: readonly string[]): void {
  for (const id of ids) {
    const promise = context.state.promises.get(id);
    if (!promise || !isExpired(promise, context.now)) continue;
    settle(context, id, stateAfterTimeout(promise.tags), promise.value, promise.timeoutAt);
  }
}
