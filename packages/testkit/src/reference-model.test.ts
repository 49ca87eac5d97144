import { describe, expect, test } from '@jest/globals';
import type { Snap } from './invariants.ts';
import { ReferenceModel } from './reference-model.ts';

/** Behaviour that the recorded traffic does not show. `trace-replay.test.ts` tests everything else. */

const target = { 'resonate:target': 'poll://any@g' };

function make() {
  const model = new ReferenceModel({ retryTimeoutMs: 100, serverUrl: 'http://here' });
  const send = (kind: string, data: object, now: number) => model.handle(kind, data, now);
  const snap = (now: number) => {
    send('debug.tick', { time: now }, now);
    return send('debug.snap', {}, now).data as Snap;
  };
  const executes = (now: number) => snap(now).messages.filter(({ message }) => message.kind === 'execute');
  return { model, send, snap, executes };
}

const execute = (id: string, version: number) => ({
  address: 'poll://any@g',
  message: { kind: 'execute', head: { serverUrl: 'http://here' }, data: { task: { id, version } } },
});

describe('resonate:delay', () => {
  const tags = { ...target, 'resonate:delay': '50' };

  test('delays the first execute message until its time', () => {
    const { send, snap, executes } = make();
    send('promise.create', { id: 'a', timeoutAt: 1_000, tags }, 10);
    expect(snap(49)).toMatchObject({ messages: [], taskTimeouts: [{ id: 'a', type: 0, timeout: 50 }] });
    expect(executes(50)).toEqual([execute('a', 0)]);
    expect(snap(50).taskTimeouts).toEqual([{ id: 'a', type: 0, timeout: 150 }]);
  });

  test('has no effect if the promise is created at its time or later', () => {
    const { send, executes } = make();
    send('promise.create', { id: 'a', timeoutAt: 1_000, tags }, 50);
    expect(executes(50)).toEqual([execute('a', 0)]);
  });

  test('delays neither an acquire nor the message after a release', () => {
    const { send, executes } = make();
    send('promise.create', { id: 'a', timeoutAt: 1_000, tags }, 10);
    expect(send('task.acquire', { id: 'a', version: 0, pid: 'p', ttl: 100 }, 11).status).toBe(200);
    send('task.release', { id: 'a', version: 1 }, 12);
    expect(executes(12)).toEqual([execute('a', 1)]);
  });
});

describe('the outbox', () => {
  test('has one execute message per pending task, the newest, and none for an acquired or halted task', () => {
    const { send, executes } = make();
    send('promise.create', { id: 'a', timeoutAt: 1_000, tags: target }, 0);
    expect(executes(100)).toEqual([execute('a', 0)]);
    send('task.acquire', { id: 'a', version: 0, pid: 'p', ttl: 50 }, 110);
    expect(executes(110)).toEqual([]);
    expect(executes(160)).toEqual([execute('a', 1)]);
    send('task.halt', { id: 'a' }, 161);
    expect(executes(161)).toEqual([]);
    send('task.continue', { id: 'a' }, 162);
    expect(executes(162)).toEqual([execute('a', 1)]);
  });

  test('has one unblock message per promise and address, however it settles', () => {
    const { send, snap } = make();
    send('promise.create', { id: 'a', timeoutAt: 100 }, 0);
    for (const address of ['poll://any@x', 'poll://any@x', 'http://y.invalid/']) {
      send('promise.register_listener', { awaited: 'a', address }, 1);
    }
    const { promises, messages } = snap(100);
    expect(promises).toMatchObject([{ id: 'a', state: 'rejected_timedout', settledAt: 100 }]);
    const message = { kind: 'unblock', head: {}, data: { promise: promises[0] } };
    expect(messages).toEqual([
      { address: 'poll://any@x', message },
      { address: 'http://y.invalid/', message },
    ]);
  });
});

describe('an expired promise that a request names', () => {
  const start = () => {
    const made = make();
    made.send('promise.create', { id: 'awaited', timeoutAt: 50 }, 0);
    made.send('promise.create', { id: 'awaiter', timeoutAt: 1_000, tags: target }, 0);
    made.send('promise.register_callback', { awaited: 'awaited', awaiter: 'awaiter' }, 0);
    const resumes = () => made.send('task.get', { id: 'awaiter' }, 60).data;
    return { ...made, resumes };
  };

  test('resumes its awaiters at once, even if the request is then refused', () => {
    const { send, resumes } = start();
    expect(send('task.acquire', { id: 'awaited', version: 0, pid: 'p', ttl: 1 }, 60).status).toBe(404);
    expect(resumes()).toMatchObject({ task: { resumes: 1 } });
  });

  test('resumes no awaiter if the request is malformed, a search or a heartbeat', () => {
    const { send, resumes } = start();
    expect(send('promise.settle', { id: 'awaited', state: 'pending' }, 60).status).toBe(400);
    expect(send('promise.search', { state: 'rejected_timedout' }, 60).data).toMatchObject({
      promises: [{ id: 'awaited' }],
    });
    expect(send('task.heartbeat', { pid: 'p', tasks: [{ id: 'awaited', version: 0 }] }, 60).status).toBe(200);
    expect(resumes()).toMatchObject({ task: { resumes: 0 } });
  });
});

describe('the model itself', () => {
  test('sorts ids by their bytes', () => {
    const { send } = make();
    for (const id of ['𝒙', 'ﬀ', 'b', 'B', 'b.a']) send('promise.create', { id, timeoutAt: 9 }, 1);
    const { promises, cursor } = send('promise.search', { limit: 4 }, 1).data as {
      promises: { id: string }[];
      cursor: string;
    };
    expect(promises.map(({ id }) => id)).toEqual(['B', 'b', 'b.a', 'ﬀ']);
    expect(send('promise.search', { cursor }, 1).data).toMatchObject({ promises: [{ id: '𝒙' }] });
  });

  test('is not affected by changes to its input, its answers or its clone', () => {
    const { model, send } = make();
    const data = { id: 'a', timeoutAt: 9, tags: { ...target, team: 'red' }, param: { headers: { k: 'v' } } };
    const answer = send('promise.create', data, 1).data as { promise: { tags: object } };
    const before = send('promise.get', { id: 'a' }, 1);
    data.tags.team = 'blue';
    data.param.headers.k = 'w';
    Object.assign(answer.promise.tags, { team: 'green' });
    const clone = model.clone();
    expect(clone.fingerprint()).toBe(model.fingerprint());
    clone.handle('task.acquire', { id: 'a', version: 0, pid: 'p', ttl: 9 }, 1);
    clone.handle('promise.settle', { id: 'a', state: 'resolved' }, 1);
    expect(clone.fingerprint()).not.toBe(model.fingerprint());
    expect(send('promise.get', { id: 'a' }, 1)).toEqual(before);
  });

  test('forgets everything at a reset', () => {
    const { model, send, snap } = make();
    send('promise.create', { id: 'a', timeoutAt: 9, tags: target }, 1);
    send('debug.reset', {}, 1);
    expect(model.fingerprint()).toBe(new ReferenceModel().fingerprint());
    expect(Object.values(snap(1)).flat()).toEqual([]);
  });

  test('answers a kind it does not know with 400', () => {
    expect(make().send('constructor', {}, 1).status).toBe(400);
  });
});

test('schedule.create of a schedule that exists checks its cron, but not whether that still occurs', () => {
  const { send } = make();
  const create = (cron: string, policies = {}) =>
    send('schedule.create', { id: 's', cron, promiseId: 'x', promiseTimeout: 1, ...policies }, Date.UTC(2020, 0));
  expect(create('* * * * *').status).toBe(200);
  expect(create('0 0 * * 0').status).toBe(400);
  const exists = { status: 200, data: { schedule: { cron: '* * * * *' } } };
  expect(create('0 0 * * 0', { cronDialect: 'unix' })).toMatchObject(exists);
  expect(create('0 0 0 1 1 * 1971')).toMatchObject(exists);
});
