import { describe, expect, test } from '@jest/globals';
import type { Dialect } from '../dialect.ts';
import type { Claimed } from '../outbox/outbox.ts';
import type { Store } from '../store.ts';
import {
  openEmptied,
  promiseCreate,
  RETRY_TIMEOUT_MS,
  send,
  sendOk,
  settled,
  storeOn,
  type DialectUnderTest,
} from './under-test.ts';

const MINUTE = 60_000;

/** Messages for a failing target are deferred and resumed. Messages of a lost claim are released. */
export function deferralConformance(under: DialectUnderTest): void {
  describe('a message for a failing target', () => {
    let dialect: Dialect;
    let store: Store;
    openEmptied(under, (opened) => ({ dialect, store } = opened));

    const queue = { transport: 'http', target: 'http://host' } as const;
    const claim = (limit = 100, target: string = queue.target): Promise<Claimed> =>
      store.outbox.claim({ transport: 'http', targets: [{ target, limit }], preferred: [], graceMs: 0 });
    const namesOf = ({ executes, unblocks }: Claimed) => [
      ...unblocks.map(({ listener }) => listener.awaited),
      ...executes.map(({ id }) => id),
    ];

    async function task(id: string, tags: Record<string, string> = {}, target = 'http://host/'): Promise<void> {
      await sendOk(store, 'promise.create', promiseCreate(id, { 'resonate:target': target, ...tags }));
    }

    /** Tasks that became due so many milliseconds ago. */
    async function old(ages: Record<string, number>): Promise<void> {
      const now = await dialect.now();
      for (const [id, age] of Object.entries(ages)) {
        const tags = { 'resonate:target': 'http://host/', 'resonate:delay': String(now - age) };
        await send(store, 'promise.create', promiseCreate(id, tags), now - 3_600_000);
      }
    }

    test('is deferred with all others for that target, and with no others', async () => {
      await task('a');
      await settled(store, 'p', 'http://host/');
      await task('other', {}, 'http://other/');
      const now = await dialect.now();
      expect(await store.queues.defer(queue, MINUTE)).toBe(2);
      expect(namesOf(await claim())).toEqual([]);
      const next = (await dialect.nextDue('http', [queue.target]))[0]?.dueAt;
      expect(next).toBeGreaterThan(now + MINUTE / 2 - 1);
      expect(next).toBeLessThanOrEqual((await dialect.now()) + MINUTE);
      expect(await store.queues.defer(queue, MINUTE)).toBe(0);
      expect(namesOf(await claim(10, 'http://other'))).toEqual(['other']);
    });

    test('is resumed in order of age, the oldest first', async () => {
      await old({ middle: 20_000, oldest: 900_000, older: 25_000, youngest: 5 });
      await store.queues.defer(queue, MINUTE);
      expect(await store.queues.resume(queue, MINUTE)).toBe(4);
      for (const id of ['oldest', 'older', 'middle', 'youngest']) expect(namesOf(await claim(1))).toEqual([id]);
    });

    test('can be resumed alone, the oldest first', async () => {
      await old({ younger: 1_000, older: 20_000 });
      await store.queues.defer(queue, MINUTE);
      expect(await store.queues.resumeOne(queue, MINUTE)).toBe(1);
      expect(namesOf(await claim())).toEqual(['older']);
      expect(await store.queues.resumeOne(queue, MINUTE)).toBe(1);
      expect(namesOf(await claim())).toEqual(['younger']);
      expect(await store.queues.resumeOne(queue, MINUTE)).toBe(0);
    });

    test('is resumed if it failed, but not if it is delayed, claimed or failed too often', async () => {
      const fail = async ({ executes }: Claimed, id: string, againInMs: number) => {
        const dueAt = (await dialect.now()) + againInMs;
        const { version } = executes.find((execute) => execute.id === id)!;
        await store.outbox.acknowledge([{ kind: 'execute', id, version, delivered: false, dueAt }]);
      };
      await task('refused');
      for (let attempt = 1; attempt <= 10; attempt++) await fail(await claim(), 'refused', attempt < 10 ? 0 : 30_000);
      await task('failed');
      await task('delivered');
      await task('delayed', { 'resonate:delay': String(Date.now() + 30_000) });
      await fail(await claim(), 'failed', 30_000);
      expect(await store.queues.resume(queue, MINUTE)).toBe(1);
      expect(namesOf(await claim())).toEqual(['failed']);
    });

    test('is released when the process that deferred it has died', async () => {
      await task('a');
      await settled(store, 'p', 'http://host/');
      await storeOn(dialect, 'dead').queues.defer(queue, MINUTE);
      await store.outbox.release({ processIds: new Set(['other']) });
      expect(namesOf(await claim())).toEqual([]);
      expect(await store.outbox.release({ processIds: new Set(['dead']) })).toBe(2);
      expect(namesOf(await claim()).sort()).toEqual(['a', 'p']);
    });

    test('is released at the stop of its process, which keeps a thousand claims', async () => {
      const ids = Array.from({ length: 1_000 }, (_, index) => `claimed ${index}`);
      await Promise.all(ids.map((id) => task(id)));
      expect((await claim(1_000)).executes).toHaveLength(1_000);
      await task('deferred', {}, 'http://other/');
      await store.queues.defer({ transport: 'http', target: 'http://other' }, MINUTE);
      expect(await store.outbox.release({ processIds: new Set(['one']), only: 'deferred' })).toBe(1);
      expect(namesOf(await claim(1, 'http://other'))).toEqual(['deferred']);
      expect(namesOf(await claim())).toEqual([]);
    });

    test('becomes a dead letter when it is too old', async () => {
      await settled(store, 'p', 'http://host/');
      await store.queues.defer(queue, MINUTE);
      expect((await store.deadLetters.deadLetterAged('http', -MINUTE, 'too old')).count).toBe(1);
    });

    test('is deferred and resumed together with a thousand others', async () => {
      const ids = Array.from({ length: 1_100 }, (_, index) => `task ${index}`);
      await Promise.all(ids.map((id) => task(id)));
      expect(await store.queues.defer(queue, MINUTE)).toBe(1_100);
      expect(await store.queues.resume(queue, MINUTE)).toBe(1_100);
      expect(await store.queues.backlog('http', 2_000)).toMatchObject({ count: 1_100 });
    });

    test('of a claim whose answer was lost is taken by the next claim; earlier claims stay', async () => {
      await task('before');
      expect(namesOf(await claim())).toEqual(['before']);
      while ((await store.now()) <= (await dialect.dump()).tasks[0]!.dueAt! - RETRY_TIMEOUT_MS);
      await task('lost');
      const real = dialect.rewrite.bind(dialect);
      let lost = 2;
      dialect.rewrite = async (reads, decide) => {
        let isClaim = false;
        const result = await real(reads, (rows, now) => {
          const writes = decide(rows, now);
          isClaim = writes.changes?.tasks?.updates.some(({ claimedBy }) => claimedBy !== null) ?? false;
          return writes;
        });
        if (isClaim && lost-- > 0) throw new Error('the answer was lost');
        return result;
      };
      await expect(claim()).rejects.toThrow('the answer was lost');
      await expect(claim()).rejects.toThrow('the answer was lost');
      expect(namesOf(await claim())).toEqual(['lost']);
    });
  });
}
