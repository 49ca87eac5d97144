import { describe, expect, test } from '@jest/globals';
import { occurrenceOf, occurrencePromiseId, retryAt } from '@resonate/machine';
import type { RequestData } from '@resonate/protocol';
import { RETRY_TIMEOUT_MS } from './in-memory-database.ts';
import { creation, Server, suspension } from './server.ts';

describe('settlement', () => {
  test('fulfils the task and tells every listener, once', () => {
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

  test('wakes who is suspended, and counts for who is not', () => {
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
    // What fired waits to be cleared by the next acquire; the other registrations are still there.
    expect(server.rows.callbacks.filter(({ awaited }) => awaited === 'p')).toHaveLength(4);
    expect(server.rows.callbacks.every(({ awaited, ready }) => ready === (awaited === 'p'))).toBe(true);
    server.settle(11, 'p');
    expect(server.task('suspended')).toMatchObject({ resumes: 1 });
  });

  test('leaves nothing behind of what the settled task itself waited for', () => {
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

  test('does not wake a task whose own time is over, though nobody wrote that down yet', () => {
    const server = new Server();
    server.create(1, 'p');
    server.createTask(1, 'w', { timeoutAt: 50 });
    server.acquire(1, 'w', 0);
    server.suspend(1, 'w', 1, 'p');
    server.settle(50, 'p');
    expect(server.task('w')).toMatchObject({ state: 'suspended', dueAt: null });
    expect(server.rows.callbacks).toEqual([]);
  });

  test('is what naming an expired promise brings about, with all that follows, even when the request is refused', () => {
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
  test('waits from its enqueueing; the timer is retry_timeout later, and exactly dueAt once it was handed over', () => {
    const server = new Server();
    server.createTask(100, 'w');
    const task = server.task('w');
    expect(task).toMatchObject({ dueAt: 100, enqueuedAt: 100, attempts: 0, claimedBy: null });
    expect(retryAt(task, RETRY_TIMEOUT_MS)).toBe(100 + RETRY_TIMEOUT_MS);
    expect(retryAt({ ...task, dueAt: 900, claimedBy: 'x' }, RETRY_TIMEOUT_MS)).toBe(900);
  });

  test('of a delayed task comes at its delay', () => {
    const server = new Server();
    server.createTask(100, 'w', { tags: { 'resonate:delay': '5000' } });
    expect(server.task('w')).toMatchObject({ dueAt: 5_000, enqueuedAt: null });
    expect(retryAt(server.task('w'), RETRY_TIMEOUT_MS)).toBe(5_000);
  });

  test('fires again and again until somebody acquires, never before its time and never after the timeout', () => {
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
  test('ends at its time and not before; the task goes out again at the version it has', () => {
    const server = new Server();
    server.createTask(0, 'w');
    server.acquire(10, 'w', 0, 500);
    const end = (now: number) => server.run(now, { kind: 'timer.lease', data: { id: 'w' } });
    end(509);
    expect(server.task('w')).toMatchObject({ state: 'acquired', dueAt: 510 });
    end(510);
    expect(server.task('w')).toMatchObject({ state: 'pending', version: 1, pid: null, ttl: null, dueAt: 510 });
  });

  test('that was renewed meanwhile outlives a timer that comes late', () => {
    const server = new Server();
    server.createTask(0, 'w');
    server.acquire(10, 'w', 0, 500);
    server.run(400, { kind: 'task.heartbeat', data: { pid: 'p', tasks: [{ id: 'w', version: 1 }] } });
    server.run(600, { kind: 'timer.lease', data: { id: 'w' } });
    expect(server.task('w')).toMatchObject({ state: 'acquired', dueAt: 900 });
  });

  test('is not renewed for another pid, another version, or a promise that is over', () => {
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

  test('without end stays within what a time may be', () => {
    const server = new Server();
    server.createTask(0, 'w', { timeoutAt: Number.MAX_SAFE_INTEGER });
    server.acquire(10, 'w', 0, Number.MAX_SAFE_INTEGER);
    expect(server.task('w').dueAt).toBe(Number.MAX_SAFE_INTEGER);
  });
});

describe('a schedule', () => {
  const MINUTE = 60_000;

  type Policies = Partial<RequestData<'schedule.create'>>;

  function scheduled(promiseTimeout = MINUTE, given: Policies = {}): Server {
    const policies = { cronDialect: undefined, timezone: undefined, overlap: undefined, catchUp: undefined, ...given };
    const server = new Server();
    const data = { id: 's', cron: '* * * * *', promiseId: '{{.id}}/{{.timestamp}}', promiseTimeout };
    server.run(0, {
      kind: 'schedule.create',
      data: { ...data, promiseParam: {}, promiseTags: { team: 'red' }, ...policies },
    });
    return server;
  }

  function fire(server: Server, now: number, at: number) {
    const [schedule] = server.rows.schedules;
    if (!schedule) throw new Error('no schedule');
    return server.run(now, { kind: 'timer.schedule', data: { ...occurrenceOf(schedule), at } }).data;
  }

  test('fires each occurrence exactly once, whoever else tries, and none before its time', () => {
    const server = scheduled();
    expect(fire(server, MINUTE - 1, MINUTE)).toEqual({ fired: false });
    expect(fire(server, MINUTE, MINUTE)).toEqual({ fired: true });
    expect(fire(server, MINUTE, MINUTE)).toEqual({ fired: false });
    expect(fire(server, 10 * MINUTE, 3 * MINUTE)).toEqual({ fired: false });
    expect(server.rows.promises.map(({ id }) => id)).toEqual(['s/60000']);
    expect(server.rows.schedules).toMatchObject([{ lastRunAt: MINUTE, nextRunAt: 2 * MINUTE }]);
  });

  test('makes up for missed occurrences one by one, each as of its own time', () => {
    const server = scheduled();
    for (const at of [1, 2, 3]) expect(fire(server, 3 * MINUTE, at * MINUTE)).toEqual({ fired: true });
    expect(server.rows.promises).toMatchObject([
      { id: 's/120000', createdAt: 2 * MINUTE, timeoutAt: 3 * MINUTE, state: 'pending' },
      { id: 's/180000', createdAt: 3 * MINUTE, timeoutAt: 4 * MINUTE, state: 'pending' },
      { id: 's/60000', createdAt: MINUTE, timeoutAt: 2 * MINUTE, state: 'pending' },
    ]);
  });

  test('gives its promise the lineage of a root', () => {
    const server = scheduled();
    fire(server, MINUTE, MINUTE);
    expect(server.promise('s/60000').tags).toEqual({
      team: 'red',
      'resonate:schedule': 's',
      'resonate:origin': 's/60000',
      'resonate:branch': 's/60000',
      'resonate:parent': 's/60000',
      'resonate:prefix': 's/60000',
    });
  });

  test('leaves a promise alone that has its id already, and goes on', () => {
    const server = scheduled();
    server.create(5, 's/60000', { tags: { mine: 'yes' } });
    expect(fire(server, MINUTE, MINUTE)).toEqual({ fired: true });
    expect(server.promise('s/60000')).toMatchObject({ createdAt: 5, tags: { mine: 'yes' } });
    expect(server.rows.schedules).toMatchObject([{ nextRunAt: 2 * MINUTE }]);
  });

  describe('whose runs overlap', () => {
    const states = (server: Server) => Object.fromEntries(server.rows.promises.map(({ id, state }) => [id, state]));

    test('lets them, unless told otherwise', () => {
      const server = scheduled(10 * MINUTE, { overlap: 'allow' });
      for (const at of [1, 2]) fire(server, at * MINUTE, at * MINUTE);
      expect(states(server)).toEqual({ 's/60000': 'pending', 's/120000': 'pending' });
    });

    test('skips while the last one is pending, and no longer', () => {
      const server = scheduled(10 * MINUTE, { overlap: 'skip' });
      expect(fire(server, MINUTE, MINUTE)).toEqual({ fired: true });
      expect(fire(server, 2 * MINUTE, 2 * MINUTE)).toEqual({ fired: false });
      expect(server.rows.schedules).toMatchObject([{ lastRunAt: MINUTE, nextRunAt: 3 * MINUTE }]);
      server.settle(2.5 * MINUTE, 's/60000');
      expect(fire(server, 3 * MINUTE, 3 * MINUTE)).toEqual({ fired: true });
      expect(states(server)).toEqual({ 's/60000': 'resolved', 's/180000': 'pending' });
    });

    test('does not skip for a run whose time is over, though nobody wrote that down yet', () => {
      const server = scheduled(MINUTE, { overlap: 'skip' });
      fire(server, MINUTE, MINUTE);
      expect(fire(server, 2 * MINUTE, 2 * MINUTE)).toEqual({ fired: true });
      expect(states(server)).toEqual({ 's/60000': 'rejected_timedout', 's/120000': 'pending' });
    });

    test('cancels the last one, with all that follows from that', () => {
      const server = scheduled(10 * MINUTE, { overlap: 'cancel' });
      fire(server, MINUTE, MINUTE);
      server.createTask(MINUTE, 'w');
      server.acquire(MINUTE, 'w', 0, 10 * MINUTE);
      server.suspend(MINUTE, 'w', 1, 's/60000');
      server.listen(MINUTE, 's/60000', 'poll://any@g');
      fire(server, 2 * MINUTE + 5, 2 * MINUTE);
      expect(server.promise('s/60000')).toMatchObject({ state: 'rejected_canceled', settledAt: 2 * MINUTE + 5 });
      expect(server.promise('s/120000')).toMatchObject({ state: 'pending', createdAt: 2 * MINUTE });
      expect(server.task('w')).toMatchObject({ state: 'pending', resumes: 1 });
      expect(server.rows.listeners).toMatchObject([{ dueAt: 2 * MINUTE + 5 }]);
      server.settle(2 * MINUTE + 10, 's/120000');
      fire(server, 3 * MINUTE, 3 * MINUTE);
      expect(states(server)).toMatchObject({ 's/120000': 'resolved', 's/180000': 'pending' });
    });

    test('has nothing to skip or cancel when all its runs are one promise', () => {
      for (const overlap of ['skip', 'cancel'] as const) {
        const server = scheduled(10 * MINUTE, { overlap, promiseId: 'only' });
        for (const at of [1, 2]) expect(fire(server, at * MINUTE, at * MINUTE)).toEqual({ fired: true });
        expect(states(server)).toEqual({ only: 'pending' });
      }
    });
  });

  describe('that nobody fired for a while', () => {
    const made = (server: Server) => server.rows.promises.map(({ createdAt }) => createdAt / MINUTE);

    test('makes up for the last occurrence only, however late, when told so', () => {
      const server = scheduled(100 * MINUTE, { catchUp: 'last' });
      expect(fire(server, 9.5 * MINUTE, MINUTE)).toEqual({ fired: true });
      expect(made(server)).toEqual([9]);
      expect(server.rows.schedules).toMatchObject([{ lastRunAt: 9 * MINUTE, nextRunAt: 10 * MINUTE }]);
      const daily = scheduled(MINUTE, { catchUp: 'last', cron: '0 0 * * *' });
      expect(fire(daily, 2_500 * MINUTE, 1_440 * MINUTE)).toEqual({ fired: true });
      expect(made(daily)).toEqual([1_440]);
    });

    test('makes up for none, when told so: only what is less than a minute late comes', () => {
      const late = scheduled(100 * MINUTE, { catchUp: 'none', cron: '*/5 * * * *' });
      expect(fire(late, 11 * MINUTE + 1, 5 * MINUTE)).toEqual({ fired: false });
      expect(late.rows.schedules).toMatchObject([{ lastRunAt: null, nextRunAt: 15 * MINUTE }]);
      const intime = scheduled(100 * MINUTE, { catchUp: 'none', cron: '*/5 * * * *' });
      expect(fire(intime, 11 * MINUTE, 5 * MINUTE)).toEqual({ fired: true });
      expect(made(intime)).toEqual([10]);
    });
  });

  describe('that is paused', () => {
    const command = (name: 'pause' | 'resume' | 'trigger' | 'preview') => ({
      kind: `schedule.${name}` as const,
      data: { id: 's', limit: 3 },
    });

    test('has no next run until it is resumed, and then the first one after that', () => {
      const server = scheduled();
      const paused = { pausedAt: 30_000, nextRunAt: Number.MAX_SAFE_INTEGER };
      expect(server.run(30_000, command('pause'))).toMatchObject({ status: 200, data: { schedule: paused } });
      expect(server.run(40_000, command('pause'))).toMatchObject({ data: { schedule: paused } });
      expect(server.run(40_000, command('preview')).data).toEqual({ runs: [] });
      expect(fire(server, 5 * MINUTE, MINUTE)).toEqual({ fired: false });
      const { data } = server.run(5.5 * MINUTE, command('resume')) as { data: { schedule: object } };
      expect(data.schedule).toMatchObject({ nextRunAt: 6 * MINUTE });
      expect(data.schedule).not.toHaveProperty('pausedAt');
      expect(server.run(5.7 * MINUTE, command('resume')).data).toEqual(data);
      expect(server.run(5.7 * MINUTE, command('preview')).data).toEqual({ runs: [6, 7, 8].map((at) => at * MINUTE) });
    });

    test('still makes the promises of the occurrences before the pause, and of no others', () => {
      const server = scheduled(100 * MINUTE);
      server.run(2.5 * MINUTE, command('pause'));
      for (const at of [1, 2]) expect(fire(server, 9 * MINUTE, at * MINUTE)).toEqual({ fired: true });
      expect(server.rows.schedules).toMatchObject([{ nextRunAt: Number.MAX_SAFE_INTEGER }]);
      const passing = scheduled(100 * MINUTE, { catchUp: 'last' });
      passing.run(2.5 * MINUTE, command('pause'));
      expect(fire(passing, 9 * MINUTE, MINUTE)).toEqual({ fired: true });
      expect(passing.rows.promises).toMatchObject([{ createdAt: 2 * MINUTE }]);
    });

    test('keeps an occurrence that a short pause came upon before anybody fired it', () => {
      const server = scheduled();
      server.run(MINUTE, command('pause'));
      server.run(MINUTE + 1, command('resume'));
      expect(fire(server, MINUTE + 2, MINUTE)).toEqual({ fired: true });
      expect(server.rows.schedules).toMatchObject([{ nextRunAt: 2 * MINUTE }]);
    });

    test('can be triggered: a run as of now, which the next occurrence goes by', () => {
      const server = scheduled(10 * MINUTE, { overlap: 'skip' });
      server.run(5, command('pause'));
      const reply = server.run(7, command('trigger'));
      expect(reply).toMatchObject({
        status: 200,
        data: { schedule: { lastRunAt: 7, pausedAt: 5 }, promise: { id: 's/7', state: 'pending', createdAt: 7 } },
      });
      expect(server.run(8, command('trigger'))).toMatchObject({ status: 409 });
      server.run(9, command('resume'));
      expect(fire(server, MINUTE, MINUTE)).toEqual({ fired: false });
      server.settle(MINUTE + 1, 's/7');
      expect(fire(server, 2 * MINUTE, 2 * MINUTE)).toEqual({ fired: true });
    });
  });

  test('is shown with what its client chose, and to others as ever', () => {
    const plain = scheduled().run(0, { kind: 'schedule.get', data: { id: 's' } }).data as { schedule: object };
    const known = [
      'cron',
      'createdAt',
      'id',
      'nextRunAt',
      'promiseId',
      'promiseParam',
      'promiseTags',
      'promiseTimeout',
    ];
    expect(Object.keys(plain.schedule).sort()).toEqual(known.sort());
    const chosen = { timezone: 'Asia/Kolkata', overlap: 'allow', catchUp: 'all', cron: '0 6 * * *' } as const;
    const server = scheduled(MINUTE, chosen);
    const { schedule } = server.run(0, { kind: 'schedule.get', data: { id: 's' } }).data as { schedule: object };
    expect(schedule).toMatchObject({ ...chosen, nextRunAt: 30 * MINUTE });
  });

  test('puts its id into the promise id as it is, whatever characters it has', () => {
    expect(occurrencePromiseId({ id: '$& {{.timestamp}}', promiseId: '{{.id}}-{{.timestamp}}' }, 7)).toBe('$& 7-7');
  });
});

describe('the closure of a batch', () => {
  test('names the settlement of every expired promise of a request at once', () => {
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

  test('has the branch of a promise that the batch itself makes', () => {
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
