import type { Draft } from './draft.ts';

/** Requests that each break one rule of protocol section 3. All of them must be answered with 400. */

export interface InvalidRequest {
  kind: string;
  data: Record<string, unknown>;
}

type Maker = (draft: Draft) => InvalidRequest;

const target = { 'resonate:target': 'poll://any@g1' };

function creation(data: (draft: Draft) => Record<string, unknown>): Maker {
  return (draft) => ({
    kind: 'promise.create',
    data: { id: draft.anyId(), timeoutAt: draft.now + 1_000, ...data(draft) },
  });
}

function taskCreation(data: Record<string, unknown>, head: Record<string, unknown> = {}): Maker {
  return (draft) => ({
    kind: 'task.create',
    data: {
      pid: 'p1',
      ttl: 1_000,
      action: {
        kind: 'promise.create',
        data: { id: draft.anyId(), timeoutAt: draft.now + 1_000, tags: target, ...data },
      },
      ...head,
    },
  });
}

/**
 * A request about a task, mostly an acquired one. So the broken rule is usually the only reason to refuse it
 * (`task.acquire` would get a 409 without it).
 */
function ownerRequest(kind: string, data: (id: string, draft: Draft) => Record<string, unknown>): Maker {
  return (draft) => {
    const id = draft.taskId('acquired');
    return { kind, data: { id, version: draft.version(id), ...data(id, draft) } };
  };
}

function suspension(awaited: unknown, awaiter: (id: string) => string, kind = 'promise.register_callback'): Maker {
  return ownerRequest('task.suspend', (id) => {
    return { actions: [{ kind, head: {}, data: { awaited: awaited ?? id, awaiter: awaiter(id) } }] };
  });
}

function schedule(data: Record<string, unknown>): Maker {
  const whole = { id: 'sx', cron: '* * * * *', promiseId: 'x', promiseTimeout: 1, promiseTags: target };
  return () => ({ kind: 'schedule.create', data: { ...whole, ...data } });
}

function plain(kind: string, data: Record<string, unknown>): Maker {
  return () => ({ kind, data });
}

export const INVALID: readonly Maker[] = [
  plain('nope.nope', {}),
  plain('promise.get', {}),
  plain('promise.get', { id: '' }),
  plain('promise.get', { id: 7 }),
  plain('task.get', { id: null }),
  plain('schedule.get', { id: '' }),
  creation(() => ({ timeoutAt: undefined })),
  creation(() => ({ timeoutAt: 'soon' })),
  creation(() => ({ timeoutAt: -1 })),
  creation(() => ({ id: 'with\u0000nul' })),
  creation(() => ({ tags: { team: 1 } })),
  creation(() => ({ tags: [] })),
  creation(() => ({ param: { headers: { k: true } } })),
  creation(() => ({ param: { data: 5 } })),
  creation(() => ({ tags: { 'resonate:target': 'nowhere' } })),
  creation(() => ({ tags: { 'resonate:target': 'poll://g1' } })),
  creation(() => ({ tags: { 'resonate:target': 'poll://uni@g1' } })),
  creation(() => ({ tags: { 'resonate:target': 'kafka://eu-1/..' } })),
  creation(() => ({ tags: { 'resonate:target': 'kafka://a/b/c' } })),
  creation(() => ({ tags: { 'resonate:target': 'sqs://nowhere/orders' } })),
  creation(() => ({ tags: { 'resonate:target': 'sqs://eu-central-1/orders.txt' } })),
  creation(() => ({ tags: { 'resonate:target': 'sqs://host/account/orders' } })),
  (draft) => ({ kind: 'promise.settle', data: { id: draft.promiseId(), state: 'pending' } }),
  (draft) => ({ kind: 'promise.settle', data: { id: draft.promiseId(), state: 'rejected_timedout' } }),
  (draft) => ({ kind: 'promise.settle', data: { id: draft.promiseId(), state: 'resolved', value: 'text' } }),
  (draft) => {
    const id = draft.promiseId();
    return { kind: 'promise.register_callback', data: { awaited: id, awaiter: id } };
  },
  (draft) => ({ kind: 'promise.register_callback', data: { awaited: draft.promiseId() } }),
  (draft) => ({ kind: 'promise.register_listener', data: { awaited: draft.promiseId(), address: 'poll://x' } }),
  (draft) => ({ kind: 'promise.register_listener', data: { awaited: draft.promiseId(), address: '' } }),
  plain('promise.search', { limit: 0 }),
  plain('promise.search', { limit: 1_001 }),
  plain('promise.search', { state: 'nope' }),
  plain('promise.search', { tags: { team: 1 } }),
  plain('task.search', { limit: 1_001 }),
  plain('task.search', { state: 'resolved' }),
  plain('schedule.search', { limit: 0 }),
  taskCreation({ tags: {} }),
  taskCreation({}, { ttl: 0 }),
  taskCreation({}, { pid: '' }),
  taskCreation({}, { action: { kind: 'promise.settle', data: {} } }),
  ownerRequest('task.acquire', () => ({ pid: 'p1', ttl: 0 })),
  ownerRequest('task.acquire', () => ({ pid: '', ttl: 1 })),
  ownerRequest('task.acquire', () => ({ pid: 'p1', ttl: 1.5 })),
  ownerRequest('task.release', () => ({ version: -1 })),
  ownerRequest('task.release', () => ({ version: undefined })),
  ownerRequest('task.fulfill', (id) => ({
    action: { kind: 'promise.settle', data: { id: `${id}x`, state: 'resolved' } },
  })),
  ownerRequest('task.fulfill', (id) => ({ action: { kind: 'promise.get', data: { id } } })),
  ownerRequest('task.fulfill', (id) => ({ action: { kind: 'promise.settle', data: { id, state: 'pending' } } })),
  ownerRequest('task.suspend', () => ({ actions: [] })),
  ownerRequest('task.suspend', () => ({ actions: {} })),
  suspension(undefined, (id) => id),
  suspension('w1', (id) => `${id}x`),
  suspension('', (id) => id),
  suspension('w0.never', (id) => id, 'promise.get'),
  ownerRequest('task.fence', (id) => ({ action: { kind: 'promise.settle', data: { id, state: 'resolved' } } })),
  ownerRequest('task.fence', (id, { now }) => ({
    action: { kind: 'promise.create', data: { id, timeoutAt: now + 1 } },
  })),
  ownerRequest('task.fence', () => ({ action: { kind: 'promise.get', data: { id: 'zz' } } })),
  ownerRequest('task.fence', (id) => ({ action: { kind: 'promise.create', data: { id: `${id}x`, timeoutAt: -1 } } })),
  plain('task.heartbeat', { pid: 'p1' }),
  plain('task.heartbeat', { pid: '', tasks: [] }),
  plain('task.heartbeat', { pid: 'p1', tasks: [{ id: 'w0' }] }),
  plain('task.halt', {}),
  plain('task.continue', { id: '' }),
  schedule({ cron: 'every day' }),
  schedule({ cron: '* * *' }),
  schedule({ cron: '61 * * * *' }),
  schedule({ cron: '* * * * *', cronDialect: 'quartz' }),
  schedule({ promiseId: '' }),
  schedule({ promiseTimeout: -1 }),
  schedule({ promiseTimeout: undefined }),
  schedule({ promiseTags: { team: 1 } }),
  schedule({ timezone: 'Mars/Base' }),
  schedule({ timezone: '+02:00' }),
  schedule({ timezone: '' }),
  schedule({ overlap: 'sometimes' }),
  schedule({ catchUp: true }),
  plain('schedule.update', { id: 's0', cron: '* * * * *' }),
  plain('schedule.pause', {}),
  plain('schedule.trigger', { id: '' }),
  plain('schedule.preview', { id: 's0', limit: 101 }),
  plain('debug.tick', { time: 'now' }),
];
