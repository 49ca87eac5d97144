import { describe, expect, test } from '@jest/globals';
import type { RetentionRules } from '@resonate/machine';
import type { Dialect } from '../dialect.ts';
import { GraphReader } from '../retention/graphs.ts';
import { Removal, type SweepOutcome } from '../retention/removal.ts';
import type { SweepOptions } from '../retention/sweep.ts';
import type { Store } from '../store.ts';
import {
  openEmptied,
  promiseCreate,
  send,
  sendOk,
  settle,
  settled,
  taskCreate,
  type DialectUnderTest,
} from './under-test.ts';

/** Rules by which everything may be removed as soon as it has settled. */
const AT_ONCE: RetentionRules = { afterMs: -60_000, afterByState: {}, afterByTag: [] };

/** Retention removes whole call graphs that settled long ago, and nothing that somebody still waits for. */
export function retentionConformance(under: DialectUnderTest): void {
  describe('retention', () => {
    let dialect: Dialect;
    let store: Store;
    openEmptied(under, (opened) => ({ dialect, store } = opened));

    /** A root with that many callees, all settled. */
    async function graph(origin: string, callees: number, tags: Record<string, string> = {}): Promise<void> {
      const ids = Array.from({ length: callees }, (_, index) => `${origin}.${String(index).padStart(4, '0')}`);
      const root = promiseCreate(origin, { ...tags, 'resonate:origin': origin });
      await Promise.all([
        sendOk(store, 'promise.create', root),
        ...ids.map((id) => sendOk(store, 'promise.create', child(id, origin))),
      ]);
      await Promise.all([origin, ...ids].map((id) => sendOk(store, 'promise.settle', settle(id))));
    }

    const child = (id: string, origin: string, tags: Record<string, string> = {}) =>
      promiseCreate(id, { 'resonate:origin': origin, 'resonate:parent': origin, ...tags });

    /** @param isOver ends it before it is done. */
    async function sweep(
      options: Partial<SweepOptions> = {},
      isOver: (soFar: SweepOutcome) => boolean = () => false,
    ): Promise<SweepOutcome> {
      const sum: SweepOutcome = { graphs: 0, promises: 0, kept: {} };
      const running = await store.upkeep.sweep({ rules: AT_ONCE, batchSize: 10, ...options });
      while (!running.isDone && !isOver(sum)) {
        const outcome = await running.step();
        sum.graphs += outcome.graphs;
        sum.promises += outcome.promises;
        for (const [reason, count] of Object.entries(outcome.kept)) {
          const key = reason as keyof SweepOutcome['kept'];
          sum.kept[key] = (sum.kept[key] ?? 0) + count;
        }
      }
      return sum;
    }

    const left = async () => (await dialect.dump()).promises.map(({ id }) => id);
    const rowsOf = async (table: string) =>
      Number((await dialect.plain.select([{ sql: `SELECT COUNT(*) FROM ${table}`, params: [] }]))[0]?.[0]?.[0]);

    test('removes whole graphs with their tasks and tags, and leaves younger ones alone', async () => {
      await graph('old', 3, { team: 'a', 'resonate:target': 'poll://any@group' });
      await graph('other', 0, { team: 'a' });
      await sendOk(store, 'promise.create', promiseCreate('pending', { team: 'a' }));
      expect(await sweep({ rules: { ...AT_ONCE, afterMs: 60_000 } })).toEqual({ graphs: 0, promises: 0, kept: {} });
      expect(await sweep()).toEqual({ graphs: 2, promises: 5, kept: {} });
      expect(await left()).toEqual(['pending']);
      const tables = ['tasks', 'callbacks', 'listeners', 'removals', 'promise_tags'];
      expect(await Promise.all(tables.map(rowsOf))).toEqual([0, 0, 0, 0, 1]);
      expect((await send(store, 'promise.get', { id: 'old' })).status).toBe(404);
    });

    test('keeps all of a graph as long as one of its promises is pending', async () => {
      await graph('a', 2);
      await sendOk(store, 'promise.create', child('a.late', 'a'));
      expect(await sweep()).toEqual({ graphs: 0, promises: 0, kept: { pending: 1 } });
      await sendOk(store, 'promise.settle', settle('a.late'));
      expect(await sweep()).toMatchObject({ graphs: 1, promises: 4 });
    });

    test('counts a promise without an origin as part of the graph whose promises name it as their origin', async () => {
      await sendOk(store, 'promise.create', promiseCreate('root'));
      await sendOk(store, 'promise.create', child('root.1', 'root'));
      await sendOk(store, 'promise.settle', settle('root.1'));
      expect(await sweep()).toMatchObject({ graphs: 0, kept: { pending: 1 } });
      await sendOk(store, 'promise.settle', settle('root'));
      expect(await sweep()).toMatchObject({ graphs: 1, promises: 2 });
    });

    test('keeps a promise that a task of another graph awaits', async () => {
      await graph('awaited', 0);
      const { task } = await sendOk<{ task: { version: number } }>(store, 'task.create', taskCreate('awaiter', 'pid'));
      await sendOk(store, 'promise.register_callback', { awaited: 'awaited', awaiter: 'awaiter' });
      expect(await sweep()).toEqual({ graphs: 0, promises: 0, kept: { awaited: 1 } });
      const action = { kind: 'promise.settle', head: {}, data: settle('awaiter') };
      await sendOk(store, 'task.fulfill', { id: 'awaiter', version: task.version, action });
      expect(await sweep()).toMatchObject({ graphs: 2, promises: 2 });
    });

    test('keeps a promise whose caller is pending', async () => {
      await sendOk(store, 'promise.create', promiseCreate('caller', { 'resonate:origin': 'elsewhere' }));
      await sendOk(store, 'promise.create', promiseCreate('called', { 'resonate:parent': 'caller' }));
      await sendOk(store, 'promise.settle', settle('called'));
      expect(await sweep()).toEqual({ graphs: 0, promises: 0, kept: { awaited: 1 } });
    });

    describe('a promise of another graph that a task asked for', () => {
      const asks = (caller: string, version: number, called: string, tags: Record<string, string> = {}) => {
        const action = { kind: 'promise.create', head: {}, data: promiseCreate(called, tags) };
        return send(store, 'task.fence', { id: caller, version, action });
      };
      const ends = (id: string, version: number) =>
        sendOk(store, 'task.fulfill', {
          id,
          version,
          action: { kind: 'promise.settle', head: {}, data: settle(id) },
        });
      async function began(...ids: string[]): Promise<number[]> {
        const begun: number[] = [];
        for (const id of ids) {
          const { task } = await sendOk<{ task: { version: number } }>(store, 'task.create', taskCreate(id, 'pid'));
          begun.push(task.version);
        }
        return begun;
      }

      test.each([{}, { 'resonate:origin': 'step' }, { 'resonate:origin': 'elsewhere' }])(
        'is kept until each task that asked for it has settled (%j)',
        async (tags: Record<string, string>) => {
          const [one = 0, other = 0] = await began('one', 'other');
          expect((await asks('one', one, 'step', tags)).status).toBe(200);
          await sendOk(store, 'promise.settle', settle('step'));
          // A second workflow asks for it, and both ask again, as a replay does.
          for (let replay = 0; replay < 2; replay++) {
            expect((await asks('one', one, 'step', tags)).status).toBe(200);
            expect((await asks('other', other, 'step', tags)).status).toBe(200);
            expect(await rowsOf('calls')).toBe(2);
            expect(await sweep()).toEqual({ graphs: 0, promises: 0, kept: { awaited: 1 } });
          }
          await ends('one', one);
          expect(await sweep()).toEqual({ graphs: 1, promises: 1, kept: { awaited: 1 } });
          expect(await left()).toEqual(['other', 'step']);
          await ends('other', other);
          expect(await sweep()).toMatchObject({ graphs: 2, promises: 2 });
          expect(await rowsOf('calls')).toBe(0);
        },
      );

      test('is not recorded if the task has lost its lease, or if the promise is of its own graph', async () => {
        const [version = 0] = await began('one');
        expect((await asks('one', version + 1, 'step')).status).toBe(409);
        expect((await asks('one', version, 'one.1', { 'resonate:origin': 'one' })).status).toBe(200);
        expect(await rowsOf('calls')).toBe(0);
      });

      test('is removed in spite of thousands of callers that have settled, also counted by a dry run', async () => {
        const callers = Array.from({ length: 1_200 }, (_, index) => `caller-${index}`);
        const versions = await began(...callers);
        await Promise.all(callers.map((caller, index) => asks(caller, versions[index] ?? 0, 'step')));
        await sendOk(store, 'promise.settle', settle('step'));
        expect(await rowsOf('calls')).toBe(callers.length);
        await Promise.all(callers.slice(1).map((caller) => ends(caller, versions[callers.indexOf(caller)] ?? 0)));
        expect(await sweep({ isDryRun: true })).toMatchObject({ graphs: callers.length - 1, kept: { awaited: 1 } });
        expect(await rowsOf('calls')).toBe(callers.length);
        expect(await sweep({ batchSize: 500 })).toMatchObject({ graphs: callers.length - 1, kept: { awaited: 1 } });
        expect(await rowsOf('calls')).toBe(1);
        await ends('caller-0', versions[0] ?? 0);
        expect(await sweep()).toMatchObject({ graphs: 2, promises: 2 });
      });
    });

    test('keeps promises with an undelivered notification or a dead letter', async () => {
      const address = 'http://host/';
      await settled(store, 'p', address);
      expect(await sweep()).toEqual({ graphs: 0, promises: 0, kept: { undelivered: 1 } });
      const target = { target: 'http://host', limit: 1 };
      await store.outbox.claim({ transport: 'http', targets: [target], preferred: [], graceMs: 0 });
      await store.outbox.acknowledge([
        { kind: 'unblock', awaited: 'p', address, delivered: false, deadLetterError: 'it broke' },
      ]);
      expect(await sweep()).toEqual({ graphs: 0, promises: 0, kept: { dead_letter: 1 } });
      await store.deadLetters.drop({});
      expect(await sweep()).toMatchObject({ graphs: 1, promises: 1 });
    });

    test('only counts in a dry run', async () => {
      await graph('a', 2);
      await graph('large', 25);
      await sendOk(store, 'promise.create', child('b', 'x'));
      await sendOk(store, 'promise.create', child('c', 'x'));
      await sendOk(store, 'promise.settle', settle('c'));
      expect(await sweep({ isDryRun: true })).toEqual({ graphs: 2, promises: 29, kept: { pending: 1 } });
      expect(await left()).toHaveLength(31);
      expect(await rowsOf('removals')).toBe(0);
    });

    test('follows the rules for states and tags', async () => {
      await graph('kept', 1, { keep: 'for-ever' });
      await graph('plain', 1);
      await sendOk(store, 'promise.create', promiseCreate('failed'));
      await sendOk(store, 'promise.settle', { ...settle('failed'), state: 'rejected' });
      const afterByTag = [{ name: 'keep', pattern: 'for-*', afterMs: null }];
      const rules = { ...AT_ONCE, afterByState: { rejected: 60_000 }, afterByTag };
      expect(await sweep({ rules })).toEqual({ graphs: 1, promises: 2, kept: { forever: 1, recent: 1 } });
      expect(await left()).toEqual(['failed', 'kept', 'kept.0000']);
    });

    test('removes a graph that is too large for one transaction in several, callees first and the root last', async () => {
      await graph('large', 35);
      await graph('small', 1);
      const running = await store.upkeep.sweep({ rules: AT_ONCE, batchSize: 10 });
      const counts: number[] = [];
      while (!running.isDone) {
        const { promises } = await running.step();
        counts.push(promises);
        const ids = (await left()).filter((id) => id.startsWith('large'));
        if (ids.length > 0) expect(ids[0]).toBe('large');
      }
      expect(Math.max(...counts)).toBeLessThanOrEqual(10);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(38);
      expect(await rowsOf('removals')).toBe(0);
    });

    test('continues a removal that was begun, even if the rules would keep the graph now', async () => {
      await graph('large', 35);
      await sweep({}, ({ promises }) => promises > 0);
      const half = await left();
      expect(half.length).toBeGreaterThan(0);
      expect(half.length).toBeLessThan(36);
      expect(await sweep({ rules: { ...AT_ONCE, afterMs: null } })).toMatchObject({ graphs: 1, promises: half.length });
      expect(await left()).toEqual([]);
    });

    test('keeps a promise that was added to a large graph during its removal', async () => {
      await graph('large', 35);
      await sweep({}, ({ promises }) => promises > 0);
      await sendOk(store, 'promise.create', child('large.new', 'large'));
      await sweep();
      expect(await left()).toEqual(['large.new']);
    });

    test('a slow leader removes no promise that was created again after another leader had removed the old one', async () => {
      await graph('g', 2);
      const reader = new GraphReader(dialect.plain);
      const removal = new Removal(dialect, reader);
      const until = await store.now();
      const members = await reader.settledCallees('g', until, 10);
      expect(await removal.part(members, until)).toMatchObject({ promises: 2 });
      await sendOk(store, 'promise.create', child('g.0000', 'g'));
      expect(await removal.part(members, until)).toMatchObject({ promises: 0 });
      expect(await left()).toEqual(['g', 'g.0000']);
    });

    test('finds many promises that settled in the same millisecond', async () => {
      const ids = Array.from({ length: 45 }, (_, index) => `p${index}`);
      const timeoutAt = await dialect.now();
      await Promise.all(ids.map((id) => sendOk(store, 'promise.create', promiseCreate(id, {}, timeoutAt))));
      expect(await sweep()).toEqual({ graphs: 45, promises: 45, kept: {} });
    });

    test('says how long the oldest promise that it has not checked has been due', async () => {
      await graph('a', 0);
      await graph('b', 0);
      const [first, last] = (await dialect.dump()).promises.map(({ settledAt }) => settledAt ?? 0).sort();
      const { afterMs } = AT_ONCE;
      const running = await store.upkeep.sweep({ rules: AT_ONCE, batchSize: 1 });
      const now = (await dialect.now()) + 1_000;
      const dueFor = (settledAt = 0) => now - (afterMs ?? 0) - settledAt;
      expect(await running.lagMs(now, -1)).toBe(dueFor(first));
      while ((await running.step()).promises === 0);
      // Also if both settled within the same millisecond.
      expect(await running.lagMs(now, -1)).toBe(dueFor(last));
      while (!running.isDone) await running.step();
      expect(await running.lagMs(now, -1)).toBe(0);
      expect(await running.lagMs(now, now)).toBe(0);
    });

    test('judges a large graph in many steps, each of which reads a part of it', async () => {
      await graph('large', 45);
      const running = await store.upkeep.sweep({ rules: AT_ONCE, batchSize: 10 });
      let steps = 0;
      while ((await rowsOf('removals')) === 0) {
        expect(await running.step()).toMatchObject({ promises: 0 });
        steps++;
      }
      expect(steps).toBeGreaterThan(4);
    });

    test('one step deletes half a batch, or less where a transaction blocks the process', async () => {
      await Promise.all(Array.from({ length: 50 }, (_, index) => graph(`g${index}`, 0)));
      const running = await store.upkeep.sweep({ rules: AT_ONCE, batchSize: 40 });
      let deleted = 0;
      while (deleted === 0) deleted = (await running.step()).promises;
      expect(deleted).toBe(under.isShared ? 20 : 10);
    });

    test('counts the promises that it still has to check', async () => {
      await graph('a', 30);
      const running = await store.upkeep.sweep({ rules: AT_ONCE, batchSize: 10 });
      expect(await running.ahead(100)).toBe(31);
      expect(await running.ahead(5)).toBe(5);
      while (!running.isDone) await running.step();
      expect(await running.ahead(100)).toBe(0);
    });

    test('and concurrent requests about the same promises leave no partial graphs', async () => {
      const origins = Array.from({ length: 20 }, (_, index) => `o${index}`);
      await Promise.all(origins.map((origin) => graph(origin, 3)));
      const racing = origins.flatMap((origin) => [
        send(store, 'promise.create', child(`${origin}.0001`, origin)),
        send(store, 'promise.create', child(`${origin}.new`, origin)),
        send(store, 'promise.register_listener', { awaited: origin, address: 'http://host/' }),
        send(store, 'task.create', taskCreate(`${origin}.0002`, 'pid')),
      ]);
      const others = under.isShared ? [sweep(), sweep({ batchSize: 3 })] : [sweep()];
      const [replies] = await Promise.all([Promise.all(racing), ...others]);
      expect(replies.filter(({ status }) => status >= 500)).toEqual([]);
      const { promises, tasks, listeners } = await dialect.dump();
      const known = new Set(promises.map(({ id }) => id));
      expect(tasks.filter(({ id }) => !known.has(id))).toEqual([]);
      expect(listeners).toEqual([]);
      for (const origin of origins) {
        const rest = promises.filter(({ id }) => id.startsWith(`${origin}.`) || id === origin);
        // What is left of a graph is either all of it, or only promises that were created after its removal.
        const settledLeft = rest.filter(({ state }) => state !== 'pending').length;
        expect([0, 4]).toContain(settledLeft);
        expect(known.has(`${origin}.new`)).toBe(true);
      }
      const tags = (await dialect.plain.select([{ sql: 'SELECT promise_id FROM promise_tags', params: [] }]))[0] ?? [];
      expect(tags.filter(([id]) => !known.has(String(id)))).toEqual([]);
    });
  });
}
