import { describe, expect, test } from '@jest/globals';
import type { Claimer } from '@resonate/machine';
import type { PromiseRecord, TaskRecord } from '@resonate/protocol';
import type { Dialect } from '../dialect.ts';
import type { Claimed } from '../outbox/outbox.ts';
import type { DueMessages } from '../sql/outbox-sql.ts';
import type { Store } from '../store.ts';
import {
  openAnother,
  openEmptied,
  outboxAs,
  promiseCreate,
  RETRY_TIMEOUT_MS,
  send,
  sendOk,
  settled,
  taskCreate,
  type DatabaseUnderTest,
  type DialectUnderTest,
} from './under-test.ts';

const HOUR = 3_600_000;

/** Messages are claimed by one process at a time, and none is lost. */
export function claimConformance(under: DialectUnderTest): void {
  describe('claims', () => {
    let database: DatabaseUnderTest;
    let dialect: Dialect;
    let store: Store;
    openEmptied(under, (opened) => ({ database, dialect, store } = opened));

    const claim = (
      { processId, retryTimeoutMs, ...overrides }: Partial<DueMessages & Claimer>,
      by = dialect,
    ): Promise<Claimed> =>
      outboxAs(by, processId, retryTimeoutMs).claim({
        transport: 'poll',
        targets: [{ target: 'workers', limit: 100 }],
        preferred: [],
        graceMs: 60_000,
        ...overrides,
      });
    const release = (processIds: readonly string[] | null) =>
      outboxAs(dialect).release({ processIds: processIds && new Set(processIds) });
    const to = (target: string, limit = 100) => ({ targets: [{ target, limit }] });
    const ids = ({ executes }: Claimed) => executes.map(({ id }) => id).sort();
    const listenersOf = ({ unblocks }: Claimed) => unblocks.map(({ listener }) => listener.address).sort();

    async function dispatch(id: string, target = 'poll://any@workers'): Promise<void> {
      await sendOk(store, 'promise.create', promiseCreate(id, { 'resonate:target': target }));
    }

    test('return a message with everything that its delivery needs, and only once', async () => {
      await dispatch('a');
      const before = await dialect.now();
      const { executes, unblocks } = await claim({});
      expect(unblocks).toEqual([]);
      expect(executes).toHaveLength(1);
      expect(executes[0]).toMatchObject({ id: 'a', state: 'pending', version: 0, claimedBy: 'one', attempts: 1 });
      expect(executes[0]).toMatchObject({ transport: 'poll', target: 'workers', address: 'poll://any@workers' });
      expect(executes[0]?.dueAt).toBeGreaterThanOrEqual(before + RETRY_TIMEOUT_MS);
      expect(executes[0]?.enqueuedAt).toBeLessThanOrEqual(before);
      expect(ids(await claim({ processId: 'two' }))).toEqual([]);
    });

    test('return an unblock with its settled promise', async () => {
      await settled(store, 'p', 'poll://uni@workers/7');
      const { unblocks } = await claim(to('workers/7'));
      expect(unblocks).toHaveLength(1);
      expect(unblocks[0]?.listener).toMatchObject({ awaited: 'p', claimedBy: 'one', attempts: 1, transport: 'poll' });
      expect(unblocks[0]?.promise).toMatchObject({ id: 'p', state: 'resolved', value: { data: 'p' } });
      expect(listenersOf(await claim(to('workers/7')))).toEqual([]);
    });

    test('take only messages of the given transport and targets, up to the limit of each', async () => {
      for (let index = 0; index < 5; index++) await dispatch(`w${index}`);
      for (let index = 0; index < 3; index++) await dispatch(`o${index}`, 'poll://any@others');
      await dispatch('http', 'http://workers/');
      const targets = [
        { target: 'workers', limit: 2 },
        { target: 'others', limit: 10 },
      ];
      const first = await claim({ targets });
      expect(ids(first).map((id) => id[0])).toEqual(['o', 'o', 'o', 'w', 'w']);
      expect(ids(await claim({ targets }))).toHaveLength(2);
      expect(ids(await claim({ targets }))).toHaveLength(1);
      expect(ids(await claim({ targets: [] }))).toEqual([]);
    });

    test('take the oldest messages first, and unblocks before executes', async () => {
      const now = await dialect.now();
      for (const [index, id] of ['late', 'early', 'middle'].entries()) {
        const delay = {
          'resonate:target': 'poll://any@workers',
          'resonate:delay': String(now - [1, 3, 2][index]! * 1_000),
        };
        await send(store, 'promise.create', promiseCreate(id, delay), now - 10_000);
      }
      await settled(store, 'p', 'poll://any@workers');
      const first = await claim(to('workers', 2));
      expect([listenersOf(first), ids(first)]).toEqual([['poll://any@workers'], ['early']]);
      expect(ids(await claim(to('workers', 1)))).toEqual(['middle']);
      expect(ids(await claim(to('workers', 1)))).toEqual(['late']);
    });

    test('do not take tasks that are delayed, acquired or expired', async () => {
      const delayed = { 'resonate:target': 'poll://any@workers', 'resonate:delay': String(Date.now() + 60_000) };
      await sendOk(store, 'promise.create', promiseCreate('delayed', delayed));
      await sendOk(store, 'task.create', taskCreate('acquired', 'me'));
      const past = Date.now() - 1_000;
      const target = { 'resonate:target': 'poll://any@workers' };
      await send(store, 'promise.create', promiseCreate('over', target, past + 1), past);
      expect(ids(await claim({}))).toEqual([]);
    });

    test('take a message that prefers a connection at once where that is open, elsewhere after the grace period', async () => {
      await dispatch('a', 'poll://any@workers/7');
      expect(ids(await claim({ preferred: ['8', '9'] }))).toEqual([]);
      expect(ids(await claim({ preferred: ['8', '7'] }))).toEqual(['a']);
      await dispatch('b', 'poll://any@workers/7');
      expect(ids(await claim({ graceMs: 0 }))).toEqual(['b']);
    });

    test('that are not acknowledged expire, and the next claim counts as another attempt', async () => {
      await dispatch('a');
      await settled(store, 'p', 'poll://any@workers');
      await claim({ retryTimeoutMs: 0 });
      const again = await claim({ processId: 'two', retryTimeoutMs: 0 });
      expect(again.executes[0]).toMatchObject({ id: 'a', attempts: 2, claimedBy: 'two' });
      expect(again.unblocks[0]?.listener).toMatchObject({ awaited: 'p', attempts: 2, claimedBy: 'two' });
    });

    test('count failures: a claim without a recorded outcome does not count as failed', async () => {
      await dispatch('a');
      await settled(store, 'p', 'poll://any@workers');
      const attempts = ({ executes, unblocks }: Claimed) => [executes[0]?.attempts, unblocks[0]?.listener.attempts];
      const failed = async () => {
        const task = { kind: 'execute', id: 'a', version: 0 } as const;
        const listener = { kind: 'unblock', awaited: 'p', address: 'poll://any@workers' } as const;
        const outcomes = [task, listener].map((message) => ({ ...message, delivered: false as const, dueAt: 0 }));
        await outboxAs(dialect).acknowledge(outcomes);
      };
      const seen: unknown[] = [];
      for (let attempt = 0; attempt < 3; attempt++) seen.push(attempts(await claim({ retryTimeoutMs: 0 })));
      for (let attempt = 0; attempt < 3; attempt++) {
        await failed();
        seen.push(attempts(await claim({ retryTimeoutMs: 0 })));
      }
      // No failure was recorded since the last claim. The failures of an `execute` are forgotten, those of an `unblock` are not.
      seen.push(attempts(await claim({ retryTimeoutMs: 0 })));
      expect(seen).toEqual([
        [1, 1],
        [2, 2],
        [2, 2],
        [3, 3],
        [4, 4],
        [5, 5],
        [2, 5],
      ]);
    });

    test('of an execute end when it is acquired', async () => {
      await dispatch('a');
      await claim({ retryTimeoutMs: 0 });
      await sendOk(store, 'task.acquire', { id: 'a', version: 0, pid: 'me', ttl: 60_000 });
      expect(ids(await claim({}))).toEqual([]);
    });

    test('of an unblock end when it was delivered; if it failed, it is due again at the given time', async () => {
      await settled(store, 'p', 'poll://any@workers', 'poll://any@workers/7');
      await claim({ preferred: ['7'] });
      const dueAt = await dialect.now();
      await outboxAs(dialect).acknowledge([
        { kind: 'unblock', awaited: 'p', address: 'poll://any@workers', delivered: true },
        { kind: 'unblock', awaited: 'p', address: 'poll://any@workers/7', delivered: false, dueAt },
      ]);
      expect(listenersOf(await claim({ preferred: ['7'] }))).toEqual(['poll://any@workers/7']);
      expect((await dialect.dump()).listeners).toHaveLength(1);
    });

    test('of an execute that failed end, and it is due again at the given time', async () => {
      await dispatch('a');
      await dispatch('b');
      await claim({});
      const dueAt = await dialect.now();
      const failed = { kind: 'execute', version: 0, delivered: false } as const;
      await outboxAs(dialect).acknowledge([
        { ...failed, id: 'a', dueAt },
        { ...failed, id: 'b', dueAt: dueAt + 60_000 },
      ]);
      expect(await dialect.nextDue('poll', ['workers'])).toEqual([{ target: 'workers', dueAt }]);
      expect(ids(await claim({}))).toEqual(['a']);
    });

    test('return when the next message of each target is due', async () => {
      const soon = (await dialect.now()) + 60_000;
      await dispatch('first');
      await dispatch('second');
      const delay = { 'resonate:target': 'poll://any@others', 'resonate:delay': String(soon) };
      await sendOk(store, 'promise.create', promiseCreate('later', delay));
      const targets = ['workers', 'others', 'none'].map((target) => ({ target, limit: 1 }));
      const { executes, next } = await claim({ targets });
      const [second] = (await dialect.dump()).tasks.filter(({ claimedBy, id }) => claimedBy === null && id !== 'later');
      expect(executes).toHaveLength(1);
      expect(next).toEqual([
        { target: 'others', dueAt: soon },
        { target: 'workers', dueAt: second?.dueAt },
      ]);
    });

    test('whose outcomes arrive at once are recorded together', async () => {
      const outbox = outboxAs(dialect);
      for (let index = 0; index < 20; index++) await settled(store, `p${index}`, 'poll://any@workers');
      const keys = (await claim({})).unblocks.map(({ listener: { awaited, address } }) => ({ awaited, address }));
      const before = dialect.traffic?.roundTrips ?? 0;
      await Promise.all(keys.map((key) => outbox.acknowledge([{ kind: 'unblock', ...key, delivered: true }])));
      expect(keys).toHaveLength(20);
      expect((dialect.traffic?.roundTrips ?? 0) - before).toBeLessThanOrEqual(4);
      expect((await dialect.dump()).listeners).toEqual([]);
    });

    test('can be acknowledged only by their process, and only with the claimed version', async () => {
      await dispatch('a');
      await settled(store, 'p', 'poll://any@workers');
      await claim({});
      const { tasks, listeners } = await dialect.dump();
      const outcomes = (version: number) =>
        [
          { kind: 'execute', id: 'a', version, delivered: false, dueAt: 1 },
          { kind: 'unblock', awaited: 'p', address: 'poll://any@workers', delivered: true },
        ] as const;
      await outboxAs(dialect, 'two').acknowledge(outcomes(0));
      expect(await dialect.dump()).toMatchObject({ tasks, listeners });
      await outboxAs(dialect).acknowledge(outcomes(1));
      expect(await dialect.dump()).toMatchObject({ tasks, listeners: [] });
      await outboxAs(dialect).acknowledge([]);
    });

    test('of an unblock can be renewed, only by the process that has them', async () => {
      await settled(store, 'p', 'poll://any@workers');
      await settled(store, 'q', 'poll://any@workers');
      await claim({ processId: 'one' });
      const key = { awaited: 'p', address: 'poll://any@workers' };
      const due = async (id: string) => (await dialect.dump()).listeners.find(({ awaited }) => awaited === id)?.dueAt;
      const [before, later] = [await due('p'), (await dialect.now()) + HOUR];
      await outboxAs(dialect, 'two', HOUR).renew([key]);
      expect(await due('p')).toBe(before);
      await outboxAs(dialect, 'one', HOUR).renew([key, { ...key, awaited: 'gone' }]);
      expect(await due('p')).toBeGreaterThanOrEqual(later);
      expect(await due('q')).toBe(before);
    });

    test('of dead processes can be released, so that the messages are due at once', async () => {
      for (const id of ['a', 'b', 'c']) {
        await dispatch(id);
        await settled(store, `p ${id}`, 'poll://any@workers');
        await claim({ processId: id });
      }
      expect(await release(['a', 'b', 'none'])).toBe(4);
      expect(ids(await claim({}))).toEqual(['a', 'b']);
      expect(await release([])).toBe(0);
      expect(await release(null)).toBe(6);
      expect(ids(await claim({}))).toEqual(['a', 'b', 'c']);
    });

    test('can be planned: by the targets that have messages, and their earliest due times', async () => {
      const now = Date.now();
      const at = async (id: string, target: string, dueAt: number) => {
        const tags = { 'resonate:target': `poll://any@${target}`, 'resonate:delay': String(dueAt) };
        await sendOk(store, 'promise.create', promiseCreate(id, tags));
      };
      await at('a', 'b', now + 60_000);
      await at('b', 'b', now + 50_000);
      await at('c', 'B', now + 70_000);
      await settled(store, 'p', 'poll://any@c', 'http://host/');
      const waiting = await dialect.waitingTargets('poll', 10);
      expect(waiting.map(({ target }) => target)).toEqual(['B', 'b', 'c']);
      expect(waiting.map(({ dueAt }) => dueAt).slice(0, 2)).toEqual([now + 70_000, now + 50_000]);
      expect((await dialect.waitingTargets('poll', 2)).map(({ target }) => target)).toEqual(['B', 'b']);
      expect((await dialect.waitingTargets('poll', 2, 'B')).map(({ target }) => target)).toEqual(['b', 'c']);
      expect(await dialect.waitingTargets('poll', 2, 'c')).toEqual([]);
      expect(await dialect.waitingTargets('gcps', 10)).toEqual([]);
      expect(await dialect.nextDue('poll', ['none', 'b', 'B'])).toEqual([
        { target: 'B', dueAt: now + 70_000 },
        { target: 'b', dueAt: now + 50_000 },
      ]);
      expect(await dialect.nextDue('poll', ['none'])).toEqual([]);
      expect(await dialect.nextDue('poll', [])).toEqual([]);
    });

    test('reduce the backlog, which is the due messages that are not claimed, counted up to a limit', async () => {
      for (let index = 0; index < 4; index++) await dispatch(`w${index}`);
      const dispatchedAt = await dialect.now();
      // Waits for the next millisecond. Otherwise neither target would have the older messages.
      while ((await dialect.now()) === dispatchedAt);
      await dispatch('o', 'poll://any@others');
      await dispatch('http', 'http://workers/');
      const delay = { 'resonate:target': 'poll://any@workers', 'resonate:delay': String(Date.now() + 60_000) };
      await sendOk(store, 'promise.create', promiseCreate('later', delay));
      await settled(store, 'p', 'poll://any@workers', 'http://workers/');
      expect(await dialect.countDue('poll', ['workers', 'others', 'none'], 100)).toBe(6);
      expect(await dialect.countDue('poll', ['workers', 'others'], 3)).toBe(3);
      expect(await dialect.countDue('poll', [], 100)).toBe(0);
      expect(await store.queues.backlog('poll', 100)).toMatchObject({ count: 6 });
      expect(await store.queues.backlog('poll', 2)).toMatchObject({ count: 2 });
      expect(await store.queues.backlog('http', 100)).toMatchObject({ count: 2 });
      expect(await store.queues.backlog('gcps', 100)).toMatchObject({ count: 0 });
      const { ageMs, targets } = await store.queues.backlog('poll', 100, 1);
      // Those of `workers` were due first.
      expect(targets).toEqual([{ target: 'workers', count: 5, ageMs }]);
      expect(ageMs).toBeGreaterThanOrEqual(0);
      expect(ageMs).toBeLessThan(60_000);
      await claim({ targets: [{ target: 'workers', limit: 3 }] });
      expect(await store.queues.backlog('poll', 100)).toMatchObject({ count: 3 });
    });

    test('count the tasks that workers hold, up to a limit', async () => {
      for (const id of ['a', 'b', 'c']) await dispatch(id);
      expect(await store.admin.countLeases(100)).toBe(0);
      for (const id of ['a', 'b']) await sendOk(store, 'task.acquire', { id, version: 0, pid: 'p', ttl: 60_000 });
      expect(await store.admin.countLeases(100)).toBe(2);
      expect(await store.admin.countLeases(1)).toBe(1);
    });

    test('by several processes at once take every message exactly once', async () => {
      const created = Array.from({ length: 150 }, (_, index) => `task ${index}`);
      await Promise.all(created.map((id) => dispatch(id)));
      const others = under.isShared ? [await openAnother(database), await openAnother(database)] : [];
      const taken: string[] = [];
      const work = async (by: Dialect, processId: string) => {
        for (;;) {
          const some = ids(await claim({ ...to('workers', 7), processId }, by));
          if (some.length === 0) return;
          taken.push(...some);
        }
      };
      await Promise.all([dialect, dialect, ...others, ...others].map((by, index) => work(by, `claimer ${index}`)));
      await Promise.all(others.map((other) => other.close()));
      expect(taken.length).toBe(created.length);
      expect(new Set(taken)).toEqual(new Set(created));
    });

    test('do not make concurrent requests for the same tasks fail', async () => {
      for (let index = 0; index < 60; index++) await dispatch(`task ${index}`);
      const claims = Array.from({ length: 10 }, (_, index) => claim({ ...to('workers', 6), processId: `${index}` }));
      const acquired = Array.from({ length: 60 }, (_, index) =>
        sendOk<{ task: TaskRecord; promise: PromiseRecord }>(store, 'task.acquire', {
          id: `task ${index}`,
          version: 0,
          pid: 'me',
          ttl: 60_000,
        }),
      );
      await Promise.all(claims);
      expect((await Promise.all(acquired)).every(({ task }) => task.state === 'acquired')).toBe(true);
      const { tasks } = await dialect.dump();
      expect(tasks.every(({ state, claimedBy }) => state === 'acquired' && claimedBy === null)).toBe(true);
    });
  });
}
