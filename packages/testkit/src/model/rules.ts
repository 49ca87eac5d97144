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

/** The promise as section 4 wants it seen at `now`. */
export function viewPromise({ state, now }: Context, id: string): PromiseRecord | undefined {
  const promise = state.promises.get(id);
  if (!promise) return undefined;
  if (!isExpired(promise, now)) return copyOf(promise);
  return { ...copyOf(promise), state: stateAfterTimeout(promise.tags), settledAt: promise.timeoutAt };
}

export function isPending(context: Context, id: string): boolean {
  return viewPromise(context, id)?.state === 'pending';
}

/** The task as section 4 wants it seen at `now`: fulfilled once its promise is settled. */
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

/** What a fence answers of a branch at most: more than that, and only the promise that it acted on is answered. */
const FENCE_PROMISES = 4;
const FENCE_BYTES = 2_048;

/** The preload of a fence, which acted on the promise `acted` when that exists. */
export function fencePreloadOf(context: Context, id: string, acted: string): PromiseRecord[] {
  const branch = preloadOf(context, id);
  const whole = [viewPromise(context, id)!, ...branch];
  const bytes = whole.reduce((sum, promise) => sum + bytesOf(promise), 0);
  const isSmall = branch.length <= FENCE_PROMISES && bytes <= FENCE_BYTES;
  if (isSmall && context.fencePreload === 'small') return branch;
  return branch.filter((promise) => promise.id === acted);
}

/** The id, and every text in param, value and tags; not the JSON around them. */
function bytesOf({ id, param, value, tags }: PromiseRecord): number {
  const maps = [param.headers, value.headers, tags].flatMap((map) => Object.entries(map ?? {}).flat());
  return Buffer.byteLength([id, param.data, value.data, ...maps].join(''));
}

/** Makes the task wait for an owner, and tells its target. */
export function dispatch(context: Context, task: ModelTask): void {
  task.state = 'pending';
  task.setbacks = 0;
  delete task.pid;
  delete task.ttl;
  sendExecute(context, task);
}

/**
 * The same when its owner gave it back or lost it. The first time its target is told at once, the second time after half
 * a second, then each time after twice as long: 20 s at most, and never as late as the retry.
 */
export function giveBack(context: Context, task: ModelTask): void {
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

/** A message that nobody has taken yet. */
function newMessage(now: number): WaitingMessage {
  return { dueAt: now, enqueuedAt: now, attempts: 0, claimedBy: null, deferredBy: null };
}

/** A newer `execute` replaces one that is still waiting; the next one is due after the retry timeout. */
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

/** Takes the task from whoever had it and from the outbox. */
export function park(context: Context, task: ModelTask, state: 'suspended' | 'halted' | 'fulfilled'): void {
  task.state = state;
  delete task.pid;
  delete task.ttl;
  delete task.timerAt;
  dropExecute(context, task.id);
}

/** Tells a task that a promise it waits for has settled. */
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
    park(context, task, 'fulfilled');
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
 * Settles those of the promises that have timed out. Every request does so first with the promises it names (a
 * heartbeat and the searches excepted), even when it is then refused: so the recorded traffic has it.
 */
export function touch(context: Context, ids: readonly string[]): void {
  for (const id of ids) {
    const promise = context.state.promises.get(id);
    if (!promise || !isExpired(promise, context.now)) continue;
    settle(context, id, stateAfterTimeout(promise.tags), promise.value, promise.timeoutAt);
  }
}
