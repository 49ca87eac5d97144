import { describe, expect, test } from '@jest/globals';
import { occurrenceOf, occurrencePromiseId } from '@resonate/machine';
import type { RequestData } from '@resonate/protocol';
import { Server } from './server.ts';

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

  test('S3: fires each occurrence exactly once and never early, however many schedulers try', () => {
    const server = scheduled();
    expect(fire(server, MINUTE - 1, MINUTE)).toEqual({ fired: false });
    expect(fire(server, MINUTE, MINUTE)).toEqual({ fired: true });
    expect(fire(server, MINUTE, MINUTE)).toEqual({ fired: false });
    expect(fire(server, 10 * MINUTE, 3 * MINUTE)).toEqual({ fired: false });
    expect(server.rows.promises.map(({ id }) => id)).toEqual(['s/60000']);
    expect(server.rows.schedules).toMatchObject([{ lastRunAt: MINUTE, nextRunAt: 2 * MINUTE }]);
  });

  test('S3: catches up on missed occurrences one by one, each with its own time', () => {
    const server = scheduled();
    for (const at of [1, 2, 3]) expect(fire(server, 3 * MINUTE, at * MINUTE)).toEqual({ fired: true });
    expect(server.rows.promises).toMatchObject([
      { id: 's/120000', createdAt: 2 * MINUTE, timeoutAt: 3 * MINUTE, state: 'pending' },
      { id: 's/180000', createdAt: 3 * MINUTE, timeoutAt: 4 * MINUTE, state: 'pending' },
      { id: 's/60000', createdAt: MINUTE, timeoutAt: 2 * MINUTE, state: 'pending' },
    ]);
  });

  test('gives its promise the lineage tags of a root', () => {
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

  test('S3: leaves a promise unchanged that already has its id, and moves to the next occurrence', () => {
    const server = scheduled();
    server.create(5, 's/60000', { tags: { mine: 'yes' } });
    expect(fire(server, MINUTE, MINUTE)).toEqual({ fired: true });
    expect(server.promise('s/60000')).toMatchObject({ createdAt: 5, tags: { mine: 'yes' } });
    expect(server.rows.schedules).toMatchObject([{ nextRunAt: 2 * MINUTE }]);
  });

  describe('whose runs overlap', () => {
    const states = (server: Server) => Object.fromEntries(server.rows.promises.map(({ id, state }) => [id, state]));

    test('S3: starts them if the policy is allow', () => {
      const server = scheduled(10 * MINUTE, { overlap: 'allow' });
      for (const at of [1, 2]) fire(server, at * MINUTE, at * MINUTE);
      expect(states(server)).toEqual({ 's/60000': 'pending', 's/120000': 'pending' });
    });

    test('S5: skips occurrences while the last run is pending', () => {
      const server = scheduled(10 * MINUTE, { overlap: 'skip' });
      expect(fire(server, MINUTE, MINUTE)).toEqual({ fired: true });
      expect(fire(server, 2 * MINUTE, 2 * MINUTE)).toEqual({ fired: false });
      expect(server.rows.schedules).toMatchObject([{ lastRunAt: MINUTE, nextRunAt: 3 * MINUTE }]);
      server.settle(2.5 * MINUTE, 's/60000');
      expect(fire(server, 3 * MINUTE, 3 * MINUTE)).toEqual({ fired: true });
      expect(states(server)).toEqual({ 's/60000': 'resolved', 's/180000': 'pending' });
    });

    test('S5: does not skip for a run that is over, even if its row still says pending', () => {
      const server = scheduled(MINUTE, { overlap: 'skip' });
      fire(server, MINUTE, MINUTE);
      expect(fire(server, 2 * MINUTE, 2 * MINUTE)).toEqual({ fired: true });
      expect(states(server)).toEqual({ 's/60000': 'rejected_timedout', 's/120000': 'pending' });
    });

    test('S6: cancels the last run, which resumes and notifies whoever waits for it', () => {
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

    test('skips and cancels nothing if all its runs have the same promise id', () => {
      for (const overlap of ['skip', 'cancel'] as const) {
        const server = scheduled(10 * MINUTE, { overlap, promiseId: 'only' });
        for (const at of [1, 2]) expect(fire(server, at * MINUTE, at * MINUTE)).toEqual({ fired: true });
        expect(states(server)).toEqual({ only: 'pending' });
      }
    });
  });

  describe('whose scheduler was away', () => {
    const made = (server: Server) => server.rows.promises.map(({ createdAt }) => createdAt / MINUTE);

    test('S7: with catchUp last, fires only the last occurrence, however late', () => {
      const server = scheduled(100 * MINUTE, { catchUp: 'last' });
      expect(fire(server, 9.5 * MINUTE, MINUTE)).toEqual({ fired: true });
      expect(made(server)).toEqual([9]);
      expect(server.rows.schedules).toMatchObject([{ lastRunAt: 9 * MINUTE, nextRunAt: 10 * MINUTE }]);
      const daily = scheduled(MINUTE, { catchUp: 'last', cron: '0 0 * * *' });
      expect(fire(daily, 2_500 * MINUTE, 1_440 * MINUTE)).toEqual({ fired: true });
      expect(made(daily)).toEqual([1_440]);
    });

    test('S7: with catchUp none, fires only an occurrence that is at most one minute late', () => {
      const late = scheduled(100 * MINUTE, { catchUp: 'none', cron: '*/5 * * * *' });
      expect(fire(late, 11 * MINUTE + 1, 5 * MINUTE)).toEqual({ fired: false });
      expect(late.rows.schedules).toMatchObject([{ lastRunAt: null, nextRunAt: 15 * MINUTE }]);
      const intime = scheduled(100 * MINUTE, { catchUp: 'none', cron: '*/5 * * * *' });
      expect(fire(intime, 11 * MINUTE, 5 * MINUTE)).toEqual({ fired: true });
      expect(made(intime)).toEqual([10]);
    });
  });

  describe('that is updated', () => {
    const definition = (cron: string) => ({
      ...{ id: 's', cron, promiseId: 'new/{{.timestamp}}', promiseTimeout: MINUTE, promiseParam: {} },
      ...{ promiseTags: {}, cronDialect: undefined, timezone: undefined, overlap: undefined, catchUp: undefined },
    });
    const update = (cron = '*/5 * * * *') => ({ kind: 'schedule.update' as const, data: definition(cron) });

    test('S11: has only the new definition and its next run time, and keeps its history', () => {
      const server = scheduled(MINUTE, { overlap: 'skip' });
      fire(server, MINUTE, MINUTE);
      const { status, data } = server.run(1.5 * MINUTE, update());
      expect(status).toBe(200);
      expect(data).toEqual({
        schedule: {
          ...{ id: 's', cron: '*/5 * * * *', promiseId: 'new/{{.timestamp}}', promiseTimeout: MINUTE },
          ...{ promiseParam: {}, promiseTags: {}, createdAt: 0, lastRunAt: MINUTE, nextRunAt: 5 * MINUTE },
        },
      });
    });

    test('S11: still fires an occurrence that is due, as the new definition says', () => {
      const server = scheduled();
      server.run(1.5 * MINUTE, update());
      expect(fire(server, 2 * MINUTE, MINUTE)).toEqual({ fired: true });
      expect(server.rows.promises).toMatchObject([{ id: 'new/60000' }]);
      expect(server.rows.schedules).toMatchObject([{ nextRunAt: 5 * MINUTE }]);
    });

    test('S11: stays paused', () => {
      const server = scheduled();
      server.run(1, { kind: 'schedule.pause', data: { id: 's' } });
      server.run(2, update());
      expect(server.rows.schedules).toMatchObject([{ pausedAt: 1, nextRunAt: Number.MAX_SAFE_INTEGER }]);
      server.run(3, { kind: 'schedule.resume', data: { id: 's' } });
      expect(server.rows.schedules).toMatchObject([{ pausedAt: null, nextRunAt: 5 * MINUTE }]);
    });

    test('S11: refuses an expression without a future occurrence, and an unknown id', () => {
      const server = scheduled();
      expect(server.run(1, update('0 0 30 2 *'))).toMatchObject({ status: 400 });
      expect(server.rows.schedules).toMatchObject([{ cron: '* * * * *' }]);
      expect(new Server().run(1, update())).toMatchObject({ status: 404 });
    });
  });

  describe('that is paused', () => {
    const command = (name: 'pause' | 'resume' | 'trigger' | 'preview') => ({
      kind: `schedule.${name}` as const,
      data: { id: 's', limit: 3 },
    });

    test('S8, S9: has no next run until it is resumed, then the first one after that', () => {
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

    test('S8: still fires the occurrences before the pause, and no others', () => {
      const server = scheduled(100 * MINUTE);
      server.run(2.5 * MINUTE, command('pause'));
      for (const at of [1, 2]) expect(fire(server, 9 * MINUTE, at * MINUTE)).toEqual({ fired: true });
      expect(server.rows.schedules).toMatchObject([{ nextRunAt: Number.MAX_SAFE_INTEGER }]);
      const passing = scheduled(100 * MINUTE, { catchUp: 'last' });
      passing.run(2.5 * MINUTE, command('pause'));
      expect(fire(passing, 9 * MINUTE, MINUTE)).toEqual({ fired: true });
      expect(passing.rows.promises).toMatchObject([{ createdAt: 2 * MINUTE }]);
    });

    test('S9: keeps an occurrence that was due before a short pause and has not fired yet', () => {
      const server = scheduled();
      server.run(MINUTE, command('pause'));
      server.run(MINUTE + 1, command('resume'));
      expect(fire(server, MINUTE + 2, MINUTE)).toEqual({ fired: true });
      expect(server.rows.schedules).toMatchObject([{ nextRunAt: 2 * MINUTE }]);
    });

    test('S10: can be triggered; the next occurrence then follows its overlap policy', () => {
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

  test('is shown with the policies that its client chose; without any, as the public server shows it', () => {
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

  test('puts its id into the promise id unchanged, even with placeholders and characters that String.replace interprets', () => {
    const promiseId = '{{.id}}-{{.timestamp}}';
    expect(occurrencePromiseId({ id: '$& {{.timestamp}}', promiseId }, 7)).toBe('$& {{.timestamp}}-7');
  });

  test('S1, S2: is created once, with the first occurrence after now', () => {
    const server = scheduled();
    const again = { id: 's', cron: '0 0 * * *', promiseId: 'x', promiseTimeout: 1, promiseParam: {}, promiseTags: {} };
    const policies = { cronDialect: undefined, timezone: undefined, overlap: undefined, catchUp: undefined };
    const reply = server.run(5 * MINUTE, { kind: 'schedule.create', data: { ...again, ...policies } });
    expect(reply).toMatchObject({ status: 200, data: { schedule: { cron: '* * * * *' } } });
    expect(server.rows.schedules).toMatchObject([{ id: 's', cron: '* * * * *', createdAt: 0, nextRunAt: MINUTE }]);
  });

  test('S2: a create of a schedule that exists checks its cron, but not whether that still occurs', () => {
    const server = scheduled();
    const again = (cron: string, cronDialect?: 'unix', at = 5 * MINUTE) => {
      const definition = { cron, promiseId: 'x', promiseTimeout: 1, promiseParam: {}, promiseTags: {} };
      const policies = { cronDialect, timezone: undefined, overlap: undefined, catchUp: undefined };
      return server.run(at, { kind: 'schedule.create', data: { id: 's', ...definition, ...policies } });
    };
    const sunday = '0 0 * * 0';
    expect(again(sunday)).toEqual({ status: 400, data: expect.stringContaining('day of week') });
    expect(again(sunday, 'unix')).toMatchObject({ status: 200, data: { schedule: { cron: '* * * * *' } } });
    expect(again('0 0 0 1 1 * 1971', undefined, Date.UTC(2020, 0))).toMatchObject({
      status: 200,
      data: { schedule: { cron: '* * * * *' } },
    });
    expect(server.rows.schedules).toMatchObject([{ id: 's', cron: '* * * * *', nextRunAt: MINUTE }]);
  });

  test('S4: is deleted without the promises that it created', () => {
    const server = scheduled();
    fire(server, MINUTE, MINUTE);
    expect(server.run(MINUTE, { kind: 'schedule.delete', data: { id: 's' } }).status).toBe(200);
    expect(server.rows.schedules).toEqual([]);
    expect(server.promise('s/60000')).toMatchObject({ state: 'pending' });
  });
});
