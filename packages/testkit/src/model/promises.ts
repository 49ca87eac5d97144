import { PROMISE_STATES, type PromiseRecord, SETTLED_STATES, type StringMap, type Value } from '@resonate/protocol';
import { copyOf } from '../copy-of.ts';
import { bad, type Fields, isAddress } from './fields.ts';
import { isPending, resume, sendExecute, settle, stateAfterTimeout, TARGET, touch, viewPromise } from './rules.ts';
import { byId, type Context, type ModelTask, Refusal } from './state.ts';

/** Section 5 of the protocol, `promise.*`: one function per kind. */

const DELAY = 'resonate:delay';

export interface NewPromise {
  id: string;
  timeoutAt: number;
  param: Value;
  tags: StringMap;
}

export function readNewPromise(data: Fields): NewPromise {
  const wanted = {
    id: data.text('id'),
    timeoutAt: data.integer('timeoutAt', 0),
    param: data.value('param'),
    tags: data.stringMap('tags'),
  };
  const target = wanted.tags[TARGET];
  if (target !== undefined && !isAddress(target)) throw bad('resonate:target is not an address');
  return wanted;
}

export interface Settlement {
  id: string;
  state: (typeof SETTLED_STATES)[number];
  value: Value;
}

export function readSettlement(data: Fields): Settlement {
  return { id: data.text('id'), state: data.oneOf('state', SETTLED_STATES), value: data.value('value') };
}

/** Creates the promise, and its task if it has a target. Does nothing if the promise exists. */
export function createIfAbsent(context: Context, wanted: NewPromise): void {
  const { state, now } = context;
  if (state.promises.has(wanted.id)) return;
  const { id, timeoutAt } = wanted;
  const isOver = now >= timeoutAt;
  const promise: PromiseRecord = {
    ...copyOf(wanted),
    value: {},
    state: isOver ? stateAfterTimeout(wanted.tags) : 'pending',
    createdAt: isOver ? timeoutAt : now,
    ...(isOver ? { settledAt: timeoutAt } : {}),
  };
  state.promises.set(id, promise);

  if (promise.tags[TARGET] === undefined) return;
  const task: ModelTask = {
    id,
    state: isOver ? 'fulfilled' : 'pending',
    version: 0,
    resumes: new Set(),
    setbacks: 0,
  };
  state.tasks.set(id, task);
  if (isOver) return;
  const delay = promise.tags[DELAY] ?? '';
  // A tag that is not a time sets no delay.
  const delayUntil = /^[0-9]{1,19}$/.test(delay) ? Math.min(Number(delay), Number.MAX_SAFE_INTEGER) : 0;
  if (delayUntil > now) task.timerAt = delayUntil;
  else sendExecute(context, task);
}

export function settleIfPending(context: Context, { id, state, value }: Settlement): void {
  if (isPending(context, id)) settle(context, id, state, value, context.now);
}

export function promiseOr404(context: Context, id: string): PromiseRecord {
  const promise = viewPromise(context, id);
  if (!promise) throw new Refusal(404, `no promise ${id}`);
  return promise;
}

export function promiseGet(context: Context, data: Fields): unknown {
  const id = data.text('id');
  touch(context, [id]);
  return { promise: promiseOr404(context, id) };
}

export function promiseCreate(context: Context, data: Fields): unknown {
  const wanted = readNewPromise(data);
  touch(context, [wanted.id]);
  createIfAbsent(context, wanted);
  return { promise: promiseOr404(context, wanted.id) };
}

export function promiseSettle(context: Context, data: Fields): unknown {
  const wanted = readSettlement(data);
  touch(context, [wanted.id]);
  promiseOr404(context, wanted.id);
  settleIfPending(context, wanted);
  return { promise: promiseOr404(context, wanted.id) };
}

/** The awaited promise and the awaiter of a callback, for `promise.register_callback` and `task.suspend`. */
export function readCallback(data: Fields): { awaited: string; awaiter: string } {
  const pair = { awaited: data.text('awaited'), awaiter: data.text('awaiter') };
  if (pair.awaited === pair.awaiter) throw bad('awaited and awaiter must differ');
  return pair;
}

export function rememberCallback({ state }: Context, awaited: string, awaiter: string): void {
  const isKnown = state.callbacks.some((known) => known.awaited === awaited && known.awaiter === awaiter);
  if (!isKnown) state.callbacks.push({ awaited, awaiter });
}

export function promiseRegisterCallback(context: Context, data: Fields): unknown {
  const { awaited, awaiter } = readCallback(data);
  touch(context, [awaited, awaiter]);
  const promise = promiseOr404(context, awaited);
  const task = context.state.tasks.get(awaiter);
  if (!task) throw new Refusal(422, `no promise ${awaiter} with a target`);
  if (isPending(context, awaiter)) {
    if (promise.state === 'pending') rememberCallback(context, awaited, awaiter);
    // A halted task does not count a promise that had settled before the callback was registered.
    else if (task.state !== 'halted') resume(context, awaiter, awaited);
  }
  return { promise };
}

export function promiseRegisterListener(context: Context, data: Fields): unknown {
  const [id, address] = [data.text('awaited'), data.address('address')];
  touch(context, [id]);
  const promise = promiseOr404(context, id);
  const isKnown = context.state.listeners.some((known) => known.id === id && known.address === address);
  if (promise.state === 'pending' && !isKnown) context.state.listeners.push({ id, address });
  return { promise };
}

export function promiseSearch(context: Context, data: Fields): unknown {
  const state = data.optionalOneOf('state', PROMISE_STATES);
  const tags = data.stringMap('tags');
  const [limit, after] = [data.limit(100), data.optionalText('cursor')];
  const found = byId(context.state.promises.values())
    .map(({ id }) => promiseOr404(context, id))
    .filter((promise) => state === undefined || promise.state === state)
    .filter((promise) => hasTags(promise.tags, tags));
  const { records, cursor } = page(found, limit, after);
  return { promises: records, ...cursor };
}

export function hasTags(tags: StringMap, wanted: StringMap): boolean {
  return Object.entries(wanted).every(([key, value]) => tags[key] === value);
}

/** One page of records that are sorted by id. The cursor is the last id of the page; absent on the last page. */
export function page<T extends { id: string }>(
  found: T[],
  limit: number,
  after: string | undefined,
): { records: T[]; cursor: { cursor?: string } } {
  const rest =
    after === undefined ? found : found.filter(({ id }) => Buffer.compare(Buffer.from(id), Buffer.from(after)) > 0);
  const records = rest.slice(0, limit);
  const last = records.at(-1);
  return { records, cursor: last && rest.length > limit ? { cursor: last.id } : {} };
}
