import { describe, expect, test } from '@jest/globals';
import { retryAt } from '@resonate/machine';
import { RETRY_TIMEOUT_MS } from './in-memory-database.ts';
import type { StringMap } from '@resonate/protocol';
import { creation, Server, suspension } from './server.ts';

const TARGET = { 'resonate:target': 'poll://any@g' };

describe('settlement', () => {
  test('P4, P5, T11, L3: fulfills the task and makes every listener due, once', () => {
    const server = new Server();
    server.createTask(1, 'p');
    server.acquire(1, 'p', 0);
    server.listen(2, 'p', 'poll://any@g');
    server.listen(2, 'p', 'http://example.invalid/');
    server.settle(5, 'p');
    server.settle(6, 'p');
    expect(server.promise('p')).toMatchObject({ state: 'resolved', settledAt: 5 });
    expect(server.task('p')).toMatchObject({ state: 'fulfilled', pid: null, ttl: null, dueAt: null });
    expect(server.rows.listeners).toMatchObject([{ dueAt: 5 }, { dueAt: 5 }]);
  });

  test('C3, T12, T13, T14, T15: resumes a suspended task, and adds to the resumes of other tasks', () => {
    const server = new Server();
    server.create(1, 'p');
    server.create(1, 'q');
    for (const id of ['acquired', 'halted', 'pending', 'suspended']) {
      server.createTask(1, id);
      server.acquire(1, id, 0);
      expect(server.suspend(1, id, 1, 'p', 'q').status).toBe(200);
    }
    for (const id of ['acquired', 'halted', 'pending']) server.run(2, { kind: 'task.halt', data: { id } });
    for (const id of ['acquired', 'pending']) server.run(2, { kind: 'task.continue', data: { id } });
    server.acquire(3, 'acquired', 1);
    server.settle(10, 'p');
    expect(server.task('suspended')).toMatchObject({ state: 'pending', version: 1, resumes: 1, dueAt: 10 });
    expect(server.task('pending')).toMatchObject({ state: 'pending', version: 1, resumes: 1, dueAt: 2 });
    expect(server.task('acquired')).toMatchObject({ state: 'acquired', version: 2, resumes: 1 });
    expect(server.task('halted')).toMatchObject({ state: 'halted', version: 1, resumes: 1, dueAt: null });
    // A callback that fired stays until the next acquire; the other ones have not fired.
    expect(server.rows.callbacks.filter(({ awaited }) => awaited === 'p')).toHaveLength(4);
    expect(server.rows.callbacks.every(({ awaited, ready }) => ready === (awaited === 'p'))).toBe(true);
    server.settle(11, 'p');
    expect(server.task('suspended')).toMatchObject({ resumes: 1 });
  });

  test('C5: removes the callbacks of the settled task', () => {
    const server = new Server();
    server.create(1, 'p');
    server.createTask(1, 'w');
    server.acquire(1, 'w', 0);
    server.suspend(1, 'w', 1, 'p');
    server.settle(2, 'w');
    expect(server.rows.callbacks).toEqual([]);
    server.settle(3, 'p');
    expect(server.task('w')).toMatchObject({ state: 'fulfilled', resumes: 0, dueAt: null });
  });

  test('C4: does not resume a task whose own promise is over, even if its row still says pending', () => {
    const server = new Server();
    server.create(1, 'p');
    server.createTask(1, 'w', { timeoutAt: 50 });
    server.acquire(1, 'w', 0);
    server.suspend(1, 'w', 1, 'p');
    server.settle(50, 'p');
    expect(server.task('w')).toMatchObject({ state: 'suspended', dueAt: null });
    expect(server.rows.callbacks).toEqual([]);
  });

  test('P6: happens to an expired promise that a request names, even if the request is refused', () => {
    const server = new Server();
    server.create(1, 'p', { timeoutAt: 50 });
    server.createTask(1, 'w');
    server.acquire(1, 'w', 0);
    server.suspend(1, 'w', 1, 'p');
    expect(server.run(60, { kind: 'task.get', data: { id: 'p' } }).status).toBe(404);
    expect(server.promise('p')).toMatchObject({ state: 'rejected_timedout', settledAt: 50 });
    expect(server.task('w')).toMatchObject({ state: 'pending', dueAt: 60 });
  });
});

describe('a message and its retry timer', () => {
  test('T1: is due at once; its retry timer is retry_timeout later, or dueAt once it is claimed', () => {
    const server = new Server();
    server.createTask(100, 'w');
    const task = server.task('w');
    expect(task).toMatchObject({ dueAt: 100, enqueuedAt: 100, attempts: 0, claimedBy: null });
    expect(retryAt(task, RETRY_TIMEOUT_MS)).toBe(100 + RETRY_TIMEOUT_MS);
    expect(retryAt({ ...task, dueAt: 900, claimedBy: 'x' }, RETRY_TIMEOUT_MS)).toBe(900);
  });

  test('T2: of a delayed task is due at the delay', () => {
    const server = new Server();
    server.createTask(100, 'w', { tags: { 'resonate:delay': '5000' } });
    expect(server.task('w')).toMatchObject({ dueAt: 5_000, enqueuedAt: null });
    expect(retryAt(server.task('w'), RETRY_TIMEOUT_MS)).toBe(5_000);
  });

  test('T17: fires until the task is acquired, never early and never after the promise is over', () => {
    const server = new Server();
    server.createTask(0, 'w', { timeoutAt: 100_000 });
    const fire = (now: number) => server.run(now, { kind: 'timer.retry', data: { id: 'w' } });
    fire(RETRY_TIMEOUT_MS - 1);
    expect(server.task('w').dueAt).toBe(0);
    fire(RETRY_TIMEOUT_MS);
    expect(server.task('w').dueAt).toBe(RETRY_TIMEOUT_MS);
    fire(100_000);
    expect(server.task('w').dueAt).toBe(RETRY_TIMEOUT_MS);
    server.acquire(RETRY_TIMEOUT_MS, 'w', 0);
    expect(retryAt(server.task('w'), RETRY_TIMEOUT_MS)).toBeNull();
  });
});

describe('a lease', () => {
  test('T4, T16: ends when its ttl has passed; the task is dispatched again at the same version', () => {
    const server = new Server();
    server.createTask(0, 'w');
    server.acquire(10, 'w', 0, 500);
    const end = (now: number) => server.run(now, { kind: 'timer.lease', data: { id: 'w' } });
    end(509);
    expect(server.task('w')).toMatchObject({ state: 'acquired', dueAt: 510 });
    end(510);
    expect(server.task('w')).toMatchObject({ state: 'pending', version: 1, pid: null, ttl: null, dueAt: 510 });
  });

  test('T7: that was renewed is not ended by a late timer', () => {
    const server = new Server();
    server.createTask(0, 'w');
    server.acquire(10, 'w', 0, 500);
    server.run(400, { kind: 'task.heartbeat', data: { pid: 'p', tasks: [{ id: 'w', version: 1 }] } });
    server.run(600, { kind: 'timer.lease', data: { id: 'w' } });
    expect(server.task('w')).toMatchObject({ state: 'acquired', dueAt: 900 });
  });

  test('T7: is not renewed for another pid, another version, or a promise that is over', () => {
    const server = new Server();
    server.createTask(0, 'w', { timeoutAt: 450 });
    server.acquire(10, 'w', 0, 500);
    const beat = (now: number, pid: string, version: number) =>
      server.run(now, { kind: 'task.heartbeat', data: { pid, tasks: [{ id: 'w', version }] } });
    beat(100, 'other', 1);
    beat(100, 'p', 0);
    beat(450, 'p', 1);
    expect(server.task('w').dueAt).toBe(510);
  });

  test('that would end after the largest time ends at the largest time', () => {
    const server = new Server();
    server.createTask(0, 'w', { timeoutAt: Number.MAX_SAFE_INTEGER });
    server.acquire(10, 'w', 0, Number.MAX_SAFE_INTEGER);
    expect(server.task('w').dueAt).toBe(Number.MAX_SAFE_INTEGER);
  });
});

describe('the rows that a batch loads', () => {
  test('include those of all expired promises of a request, after a single repetition', () => {
    const server = new Server();
    const awaiteds = Array.from({ length: 50 }, (_, index) => `a${index}`);
    for (const id of awaiteds) server.create(0, id, { timeoutAt: 100 });
    server.createTask(0, 'w');
    server.acquire(0, 'w', 0, 10_000);
    const loads: number[] = [];
    const load = server.database.load.bind(server.database);
    server.database.load = (needs) => {
      loads.push(needs.settlements.size);
      return load(needs);
    };
    expect(server.run(200, suspension('w', 1, ...awaiteds)).status).toBe(300);
    expect(loads).toEqual([0, 50]);
  });

  test('include the branch of a promise that the batch itself creates', () => {
    const server = new Server();
    const tags = { 'resonate:branch': 'b', 'resonate:target': 'poll://any@g' };
    server.create(0, 'stored', { tags: { 'resonate:branch': 'b' } });
    const replies = server.database.executeBatch([
      { command: creation('new', { tags }), now: 1 },
      { command: { kind: 'task.acquire', data: { id: 'new', version: 0, pid: 'p', ttl: 5 } }, now: 1 },
    ]);
    expect(replies[1]).toMatchObject({ status: 200, data: { preload: [{ id: 'stored' }] } });
  });
});

describe('creation', () => {
  test('P1, P3: creates a pending promise once', () => {
    const server = new Server();
    server.create(5, 'p', { timeoutAt: 100 });
    expect(server.promise('p')).toMatchObject({ state: 'pending', createdAt: 5, settledAt: null });
    const reply = server.create(9, 'p', { timeoutAt: 200, tags: { other: 'yes' } });
    expect(reply.data).toMatchObject({ promise: { createdAt: 5, timeoutAt: 100, tags: {} } });
    expect(server.promise('p')).toMatchObject({ createdAt: 5, timeoutAt: 100, tags: {} });
  });

  test('P2, T3: creates a promise that is over already as settled, and its task as fulfilled', () => {
    const server = new Server();
    server.createTask(100, 'w', { timeoutAt: 100 });
    server.create(100, 'timer', { timeoutAt: 50, tags: { 'resonate:timer': 'true' } });
    expect(server.promise('w')).toMatchObject({ state: 'rejected_timedout', createdAt: 100, settledAt: 100 });
    expect(server.promise('timer')).toMatchObject({ state: 'resolved', createdAt: 50, settledAt: 50 });
    expect(server.task('w')).toMatchObject({ state: 'fulfilled', version: 0, dueAt: null });
  });

  test('T5: task.create acquires the new task, or one that is pending at any version', () => {
    const server = new Server();
    const create = (now: number) => {
      const action = { ...creation('w', { tags: TARGET }), head: {} };
      return server.run(now, { kind: 'task.create', data: { pid: 'p', ttl: 50, action } });
    };
    create(1);
    expect(server.task('w')).toMatchObject({ state: 'acquired', version: 1, pid: 'p', ttl: 50, dueAt: 51 });
    server.run(2, { kind: 'task.release', data: { id: 'w', version: 1 } });
    create(3);
    expect(server.task('w')).toMatchObject({ state: 'acquired', version: 2, dueAt: 53 });
  });
});

describe('waiting', () => {
  /** The task `w`, acquired at version 1, and the pending promises `p` and `q`. */
  function started(): Server {
    const server = new Server();
    server.create(1, 'p');
    server.create(1, 'q');
    server.createTask(1, 'w');
    server.acquire(1, 'w', 0);
    return server;
  }

  const register = (server: Server, awaited: string) =>
    server.run(5, { kind: 'promise.register_callback', data: { awaited, awaiter: 'w' } });

  test('C1, C2: stores a callback once, whether registered or suspended on', () => {
    const server = started();
    register(server, 'p');
    register(server, 'p');
    server.suspend(6, 'w', 1, 'p', 'q', 'q');
    expect(server.rows.callbacks).toEqual([
      { awaited: 'p', awaiter: 'w', ready: false },
      { awaited: 'q', awaiter: 'w', ready: false },
    ]);
  });

  test('K1: stores once that the task asked for a promise of another call graph, whether or not that existed', () => {
    const server = started();
    const ask = (id: string, version: number, tags: StringMap = {}) => {
      const action = { ...creation(id, { tags }), head: {} };
      return server.run(5, { kind: 'task.fence', data: { id: 'w', version, action } }).status;
    };
    expect([ask('new', 1), ask('new', 1), ask('p', 1), ask('far', 1, { 'resonate:origin': 'elsewhere' })]).toEqual(
      Array(4).fill(200),
    );
    expect([ask('own', 1, { 'resonate:origin': 'w' }), ask('late', 2)]).toEqual([200, 409]);
    expect(server.rows.calls).toEqual(['far', 'new', 'p'].map((called) => ({ called, caller: 'w' })));
  });

  test('T9, C6: a task whose awaited promise has settled stays acquired, and its counted callbacks are removed', () => {
    const server = started();
    register(server, 'p');
    server.settle(6, 'p');
    expect(server.task('w')).toMatchObject({ state: 'acquired', resumes: 1 });
    expect(server.suspend(7, 'w', 1, 'p').status).toBe(300);
    expect(server.task('w')).toMatchObject({ state: 'acquired', version: 1, resumes: 0 });
    expect(server.rows.callbacks).toEqual([]);
  });

  test('C7: a callback on a settled promise counts at once, and only once', () => {
    const server = started();
    server.settle(4, 'p');
    server.suspend(4, 'w', 1, 'q');
    register(server, 'p');
    register(server, 'p');
    expect(server.task('w')).toMatchObject({ state: 'pending', resumes: 1, dueAt: 5 });
  });

  test('T10: task.fulfill settles the promise of the task', () => {
    const server = started();
    const action = {
      kind: 'promise.settle' as const,
      head: {},
      data: { id: 'w', state: 'rejected' as const, value: {} },
    };
    expect(server.run(6, { kind: 'task.fulfill', data: { id: 'w', version: 1, action } }).status).toBe(200);
    expect(server.promise('w')).toMatchObject({ state: 'rejected', settledAt: 6 });
    expect(server.task('w')).toMatchObject({ state: 'fulfilled', pid: null, ttl: null, dueAt: null });
  });

  describe('T10: task.fulfill with steps', () => {
    const step = (id: string, timeoutAt = 1_000) => ({
      create: { id, timeoutAt, param: {}, tags: {} },
      settle: { id, state: 'resolved' as const, value: { data: id } },
    });
    const fulfill = (server: ReturnType<typeof started>, ...steps: ReturnType<typeof step>[]) => {
      const action = {
        kind: 'promise.settle' as const,
        head: {},
        data: { id: 'w', state: 'resolved' as const, value: {} },
      };
      return server.run(6, { kind: 'task.fulfill', data: { id: 'w', version: 1, action, steps } });
    };

    test('stores them as settled', () => {
      const server = started();
      expect(fulfill(server, step('w.1'), step('w.2')).status).toBe(200);
      for (const id of ['w.1', 'w.2']) {
        expect(server.promise(id)).toMatchObject({
          state: 'resolved',
          value: { data: id },
          createdAt: 6,
          settledAt: 6,
        });
      }
      expect(server.promise('w')).toMatchObject({ state: 'resolved', settledAt: 6 });
    });

    test.each([
      ['exists', step('p')],
      ['has timed out', step('w.2', 6)],
    ])('changes nothing if one of them %s', (_, refused) => {
      const server = started();
      const before = JSON.stringify(server.rows);
      expect(fulfill(server, step('w.1'), refused).status).toBe(409);
      expect(JSON.stringify(server.rows)).toBe(before);
    });
  });

  test('L1, L2: a listener is stored once per address, and not at all for a settled promise', () => {
    const server = started();
    for (const address of ['poll://any@g', 'poll://any@g', 'http://example.invalid/']) server.listen(2, 'p', address);
    server.settle(3, 'q');
    expect(server.listen(4, 'q', 'poll://any@g').data).toMatchObject({ promise: { state: 'resolved' } });
    expect(server.rows.listeners).toHaveLength(2);
    expect(server.rows.listeners.every(({ awaited, dueAt }) => awaited === 'p' && dueAt === null)).toBe(true);
  });
});
