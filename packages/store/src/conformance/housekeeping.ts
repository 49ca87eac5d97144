import { describe, expect, test } from '@jest/globals';
import { StoreUnavailable } from '@resonate/drivers';
import { until } from '@resonate/testkit';
import type { Dialect, Leadership } from '../dialect.ts';
import { RECORD_TABLES } from '../tables.ts';
import {
  openAnother,
  promiseCreate,
  send,
  sendOk,
  storeOn,
  taskCreate,
  withOpened,
  withProcesses,
  type DialectUnderTest,
} from './under-test.ts';

const PROCESSES_AT_ONCE = 10;

/** Migrations, timers, readiness, processes and settings. */
export function housekeepingConformance(under: DialectUnderTest): void {
  describe('migrations', () => {
    test('may be run by ten processes at once on an empty database', async () => {
      const database = await under.create();
      const dialects: Dialect[] = [];
      try {
        const count = under.isShared ? PROCESSES_AT_ONCE : 1;
        while (dialects.length < count) dialects.push(await database.open());
        await Promise.all(dialects.map((dialect) => dialect.migrate()));
        await Promise.all(dialects.map((dialect) => dialect.migrate()));
        for (const [index, dialect] of dialects.entries()) {
          await sendOk(storeOn(dialect), 'promise.create', promiseCreate(`by ${index}`));
        }
        expect((await dialects[0]!.dump()).promises).toHaveLength(count);
      } finally {
        await Promise.all(dialects.map((dialect) => dialect.close()));
        await database.drop();
      }
    });

    test('refuse a database that a newer program wrote', async () => {
      const database = await under.create();
      try {
        await (await openAnother(database)).close();
        if (!database.pretendNewer) return;
        await database.pretendNewer();
        const newer = await database.open();
        try {
          const tooNew = /the database has schema version \d+, this program knows up to/;
          await expect(newer.migrate()).rejects.toThrow(tooNew);
        } finally {
          await newer.close();
        }
      } finally {
        await database.drop();
      }
    });
  });

  describe('timers', () => {
    test('that are due are found, the oldest first; later ones are not', () =>
      withOpened(under, async ({ dialect }) => {
        expect(await dialect.nextTimerAt()).toBeNull();
        const store = storeOn(dialect);
        const now = Date.now() - 100_000;
        for (const [id, at] of [
          ['c', 3],
          ['a', 1],
          ['b', 2],
          ['later', 90_000],
        ] as const) {
          await send(store, 'promise.create', promiseCreate(id, {}, now + at), now);
        }
        await send(store, 'task.create', { ...taskCreate('t', 'me'), ttl: 7 }, now);
        await send(store, 'schedule.create', { id: 's', cron: '* * * * *', promiseId: 'x', promiseTimeout: 1 }, now);
        const due = await dialect.dueTimers(now + 80_000, 2);
        expect(due.promises).toEqual([
          { id: 'a', at: now + 1 },
          { id: 'b', at: now + 2 },
        ]);
        expect(due.leases).toEqual([{ id: 't', at: now + 7 }]);
        expect(due.schedules).toMatchObject([{ id: 's', promiseId: 'x', lastRunAt: null }]);
        expect(await dialect.dueTimers(now, 10)).toEqual({ promises: [], leases: [], schedules: [] });
        expect(await dialect.nextTimerAt()).toBe(now + 1);
      }));
  });

  describe('readiness', () => {
    test('is given while the database accepts writes, also to several callers at once', () =>
      withOpened(under, async ({ store }) => {
        await Promise.all(Array.from({ length: 5 }, () => store.ready()));
      }));

    test('ends if requests wait and none is answered for too long, and returns when they are answered', () =>
      withOpened(under, async ({ dialect, store }) => {
        Object.defineProperty(dialect, 'answersWithinMs', { value: 50 });
        const transact = dialect.transact.bind(dialect);
        let release = () => {};
        const held = new Promise<void>((resolve) => (release = resolve));
        dialect.transact = async (needs, decide) => {
          await held;
          return transact(needs, decide);
        };
        await store.ready();
        const created = sendOk(store, 'promise.create', promiseCreate('p'));
        const isReady = () =>
          store.ready().then(
            () => true,
            () => false,
          );
        await until('the store is not ready', 5_000, async () => !(await isReady()));
        await expect(store.ready()).rejects.toThrow(/requests have been waiting for \d+ ms and none was answered/);
        release();
        await created;
        await sendOk(store, 'promise.get', { id: 'p' });
        await store.ready();
      }));

    test('is not given while the database is read-only; requests that write get a 503', async () => {
      const database = await under.create();
      const dialect = await database.openReadOnly();
      try {
        const store = storeOn(dialect);
        await expect(store.ready()).rejects.toThrow(StoreUnavailable);
        expect(await send(store, 'promise.create', promiseCreate('p'))).toMatchObject({ status: 503 });
        expect(await send(store, 'promise.get', { id: 'p' })).toMatchObject({ status: 404 });
      } finally {
        await dialect.close();
        await database.drop();
      }
    });
  });

  describe('processes', () => {
    test('renew a row that others see, until it is removed', () =>
      withOpened(under, async ({ dialect }) => {
        const one = { id: 'one', role: 'api', version: '1', host: 'here', startedAt: 5, leader: false };
        const two = { id: 'two', role: 'scheduler', version: '1', host: 'there', startedAt: 6, leader: true };
        const before = await dialect.now();
        await dialect.heartbeat(two);
        await dialect.heartbeat({ ...one, leader: true });
        await dialect.heartbeat(one);
        const rows = await dialect.processes();
        expect(rows).toMatchObject([one, two]);
        for (const { heartbeatAt } of rows) expect(heartbeatAt).toBeGreaterThanOrEqual(before);
        await dialect.removeProcesses(['one', 'none']);
        expect(await dialect.processes()).toMatchObject([two]);
      }));
  });

  describe('settings', () => {
    test('are stored, and a reset keeps them but empties the tables with records of clients', () =>
      withOpened(under, async ({ dialect }) => {
        expect(await dialect.readSetting('paused')).toBeNull();
        await dialect.writeSetting('paused', 'false');
        await dialect.writeSetting('paused', 'true');
        await sendOk(storeOn(dialect), 'task.create', taskCreate('t', 'me'));
        await dialect.reset();
        expect(await dialect.readSetting('paused')).toBe('true');
        const counts = RECORD_TABLES.map((table) => ({ sql: `SELECT COUNT(*) FROM ${table}`, params: [] }));
        expect((await dialect.plain.select(counts)).flat(2).map(Number)).toEqual(RECORD_TABLES.map(() => 0));
      }));
  });
}

/** A role has one holder at a time, by each kind of election. */
export function electionConformance(under: DialectUnderTest): void {
  describe('election', () => {
    test('gives a role to one process, until that releases it', () =>
      withProcesses(under, 2, async (dialects) => {
        const [one, two] = dialects as [Dialect, Dialect];
        const first = await one.elect('scheduler', 'one');
        expect(first?.ended.aborted).toBe(false);
        if (under.isShared) {
          expect(await two.elect('scheduler', 'two')).toBeNull();
          expect(await two.elect('scheduler', 'two')).toBeNull();
        }
        await first?.release();
        expect(first?.ended.aborted).toBe(true);
        const second = await two.elect('scheduler', 'two');
        expect(second?.ended.aborted).toBe(false);
        await second?.release();
      }));

    test('is per role', () =>
      withOpened(under, async ({ dialect }) => {
        const roles = await Promise.all(['scheduler', 'reaper'].map((role) => dialect.elect(role, 'one')));
        expect(roles.map((leadership) => leadership?.ended.aborted)).toEqual([false, false]);
        await Promise.all(roles.map(async (leadership) => leadership?.release()));
      }));

    test('among many at once has one winner', () =>
      withProcesses(under, under.isShared ? 5 : 1, async (candidates) => {
        const elected = await Promise.all(candidates.map((candidate, index) => candidate.elect('one', `p ${index}`)));
        const winners = elected.filter((leadership): leadership is Leadership => leadership !== null);
        expect(winners).toHaveLength(1);
        await winners[0]?.release();
      }));
  });
}
