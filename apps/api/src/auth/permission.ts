import { isKind, type Kind } from '@resonate/protocol';
import type { Principal } from './principal.ts';

type Data = Readonly<Record<string, unknown>>;

/** `search`: allowed, but the answer contains only ids with the prefix. */
export type Access = 'allowed' | 'search' | 'denied';

/**
 * Reads the ids that a request of each kind is about from its data (protocol section 9). A value may be anything,
 * because the data is validated only afterwards. null: the kind has no id, so only admin tokens may send it.
 */
const IDS: Record<Kind, ((data: Data) => unknown[]) | 'search' | null> = {
  'promise.get': byId,
  'promise.create': byId,
  'promise.settle': byId,
  'promise.register_callback': byAwaited,
  'promise.register_listener': byAwaited,
  'promise.search': 'search',
  'task.get': byId,
  'task.create': ({ action }) => [field(field(action, 'data'), 'id')],
  'task.acquire': byId,
  'task.release': byId,
  'task.fulfill': byId,
  'task.suspend': byId,
  'task.fence': byId,
  'task.heartbeat': ({ tasks }) => (Array.isArray(tasks) ? tasks.map((task) => field(task, 'id')) : []),
  'task.halt': byId,
  'task.continue': byId,
  'task.search': 'search',
  'schedule.get': byId,
  'schedule.create': ({ promiseId }) => [promiseId],
  'schedule.update': ({ id, promiseId }) => [id, promiseId],
  'schedule.delete': byId,
  'schedule.pause': byId,
  'schedule.resume': byId,
  'schedule.trigger': byId,
  'schedule.preview': byId,
  'schedule.search': 'search',
  'debug.start': null,
  'debug.stop': null,
  'debug.reset': null,
  'debug.snap': null,
  'debug.tick': null,
};

function byId({ id }: Data): unknown[] {
  return [id];
}

function byAwaited({ awaited }: Data): unknown[] {
  return [awaited];
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

/** Whether the token permits this request. `data` is not checked yet. */
export function permissionFor({ prefix }: Principal, kind: string, data: Data): Access {
  if (prefix === '') return 'allowed';
  if (prefix === null || !isKind(kind)) return 'denied';
  const ids = IDS[kind];
  if (ids === 'search') return 'search';
  if (ids === null) return 'denied';
  return ids(data).every((id) => typeof id !== 'string' || id.startsWith(prefix)) ? 'allowed' : 'denied';
}
