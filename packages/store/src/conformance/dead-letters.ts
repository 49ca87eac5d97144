import { describe, expect, test } from '@jest/globals';
import type { Dialect } from '../dialect.ts';
import type { Store } from '../store.ts';
import { openEmptied, promiseCreate, sendOk, settled, storeOn, type DialectUnderTest } from './under-test.ts';

/** Messages that could not be delivered are kept, and are sent again when an operator redrives them. */
export function deadLetterConformance(under: DialectUnderTest): void {
  describe('dead letters', () => {
    let dialect: Dialect;
    let store: Store;
    openEmptied(under, (opened) => ({ dialect, store } = opened));

    const claim = (target: string, transport: 'http' | 'poll' = 'http') =>
      store.outbox.claim({ transport, targets: [{ target, limit: 1_000 }], preferred: [], graceMs: 0 });

    const death = (awaited: string, address: string, deadLetterError = 'it broke') =>
      ({ kind: 'unblock', awaited, address, delivered: false, deadLetterError }) as const;

    /** A letter for each id, addressed to `http://HOST/`. */
    async function die(host: string, ...ids: string[]): Promise<void> {
      const address = `http://${host}/`;
      for (const id of ids) await settled(store, id, address);
      await claim(`http://${host}`);
      await store.outbox.acknowledge(ids.map((id) => death(id, address)));
    }

    const awaited = async (filter = {}) => (await store.deadLetters.list(filter, 100)).map((letter) => letter.awaited);

    test('have the promise, the address, the attempts and the last error', async () => {
      const before = await dialect.now();
      await die('host', 'p');
      const letters = await store.deadLetters.list({}, 10);
      expect(letters).toEqual([
        {
          id: expect.any(Number),
          awaited: 'p',
          address: 'http://host/',
          transport: 'http',
          target: 'http://host',
          attempts: 1,
          lastError: 'it broke',
          enqueuedAt: expect.any(Number),
          diedAt: expect.any(Number),
        },
      ]);
      expect(letters[0]!.enqueuedAt).toBeGreaterThanOrEqual(before);
      expect(letters[0]!.diedAt).toBeGreaterThanOrEqual(letters[0]!.enqueuedAt);
      expect((await dialect.dump()).listeners).toEqual([]);
      expect(await store.deadLetters.count(100)).toBe(1);
    });

    test('keep the beginning of a long error, without NUL, which some databases refuse', async () => {
      await settled(store, 'p', 'http://host/');
      await claim('http://host');
      await store.outbox.acknowledge([death('p', 'http://host/', `a\u0000'"?\\${'ß'.repeat(2_000)}`)]);
      const [letter] = await store.deadLetters.list({}, 10);
      expect(letter!.lastError).toBe(`a'"?\\${'ß'.repeat(509)}`);
      expect(Buffer.byteLength(letter!.lastError)).toBeLessThanOrEqual(1_024);
    });

    test('are made only by the process that holds the message', async () => {
      await settled(store, 'p', 'http://host/');
      await claim('http://host');
      await storeOn(dialect, 'another').outbox.acknowledge([death('p', 'http://host/')]);
      expect(await awaited()).toEqual([]);
      expect((await dialect.dump()).listeners).toHaveLength(1);
    });

    test('that are redriven are due at once and have no attempts', async () => {
      await die('host', 'p', 'q');
      expect((await store.deadLetters.redrive({})).count).toBe(2);
      expect(await awaited()).toEqual([]);
      const { unblocks } = await claim('http://host');
      expect(unblocks.map(({ listener }) => listener.awaited).sort()).toEqual(['p', 'q']);
      expect(unblocks[0]!.listener).toMatchObject({ address: 'http://host/', attempts: 1 });
      expect(unblocks[0]!.promise.state).toBe('resolved');
    });

    test('that are redriven keep their preferred connection', async () => {
      await settled(store, 'p', 'poll://any@group/7');
      await store.outbox.claim({
        transport: 'poll',
        targets: [{ target: 'group', limit: 1 }],
        preferred: ['7'],
        graceMs: 0,
      });
      await store.outbox.acknowledge([death('p', 'poll://any@group/7')]);
      await store.deadLetters.redrive({});
      expect((await dialect.dump()).listeners[0]).toMatchObject({ prefers: '7', target: 'group', attempts: 0 });
    });

    test('are found by transport, target and prefix of the promise id', async () => {
      await die('a', 'x.1', 'x.2');
      await die('b', 'x.3', 'y%1', 'y_1');
      await settled(store, 'z', 'poll://uni@a/1');
      await claim('a/1', 'poll');
      await store.outbox.acknowledge([death('z', 'poll://uni@a/1')]);
      expect(await awaited({ target: 'http://a' })).toEqual(['x.1', 'x.2']);
      expect(await awaited({ transport: 'poll' })).toEqual(['z']);
      expect(await awaited({ prefix: 'x.' })).toEqual(['x.1', 'x.2', 'x.3']);
      expect(await awaited({ prefix: 'y%' })).toEqual(['y%1']);
      expect(await awaited({ prefix: 'x.', target: 'http://b' })).toEqual(['x.3']);
      expect(await awaited({ prefix: 'none' })).toEqual([]);
      expect(await awaited({ ids: [] })).toEqual([]);
    });

    test('are found by a prefix that ends with the last Unicode character', async () => {
      await die('a', 'x\u{10ffff}', 'x\u{10ffff}y', 'y', 'x\ud7ffz', 'x\ue000');
      expect(await awaited({ prefix: 'x\u{10ffff}' })).toEqual(['x\u{10ffff}', 'x\u{10ffff}y']);
      expect(await awaited({ prefix: 'x\ud7ff' })).toEqual(['x\ud7ffz']);
    });

    test('are listed page by page, the oldest first', async () => {
      await die('host', 'a', 'b', 'c');
      const first = await store.deadLetters.list({}, 2);
      const rest = await store.deadLetters.list({}, 2, first[1]!.id);
      expect([...first, ...rest].map((letter) => letter.id)).toEqual(
        [...first, ...rest].map((letter) => letter.id).sort((a, b) => a - b),
      );
      expect([...first, ...rest].map((letter) => letter.awaited).sort()).toEqual(['a', 'b', 'c']);
    });

    test('are redriven or dropped by id, by target, or all', async () => {
      await die('a', '1', '2', '3');
      await die('b', '4', '5');
      const [one, two] = await store.deadLetters.list({ target: 'http://a' }, 2);
      expect((await store.deadLetters.redrive({ ids: [one!.id] })).count).toBe(1);
      expect((await store.deadLetters.drop({ ids: [two!.id], prefix: 'foreign' })).count).toBe(0);
      expect((await store.deadLetters.drop({ ids: [two!.id, one!.id] })).count).toBe(1);
      expect((await store.deadLetters.redrive({ target: 'http://b' })).count).toBe(2);
      expect(await awaited()).toHaveLength(1);
      expect((await store.deadLetters.drop({})).count).toBe(1);
      expect((await dialect.dump()).listeners).toHaveLength(3);
    });

    test('of any number are redriven, in several transactions', async () => {
      const ids = Array.from({ length: 450 }, (_, index) => `p${index}`);
      await Promise.all(ids.map((id) => settled(store, id, 'http://host/')));
      let kept = 0;
      for (let more = true; more;) {
        const aged = await store.deadLetters.deadLetterAged('http', -60_000, 'too old');
        kept += aged.count;
        more = aged.more;
      }
      expect(kept).toBe(450);
      expect((await store.deadLetters.redrive({ target: 'http://host' })).count).toBe(450);
      expect((await dialect.dump()).listeners).toHaveLength(450);
      expect(await awaited()).toEqual([]);
    });

    test('are made of messages that waited for too long, but not of claimed ones or those of pending promises', async () => {
      await settled(store, 'waiting', 'poll://any@group');
      await settled(store, 'held', 'poll://any@other');
      await settled(store, 'http', 'http://host/');
      await sendOk(store, 'promise.create', promiseCreate('pending'));
      await sendOk(store, 'promise.register_listener', { awaited: 'pending', address: 'poll://any@group' });
      await claim('other', 'poll');
      expect(await store.deadLetters.deadLetterAged('poll', 60_000, 'too old')).toEqual({ count: 0, more: false });
      expect(await store.deadLetters.deadLetterAged('poll', -60_000, 'too old')).toEqual({ count: 1, more: false });
      const letters = await store.deadLetters.list({}, 10);
      expect(letters).toMatchObject([{ awaited: 'waiting', attempts: 0, lastError: 'too old' }]);
      expect((await dialect.dump()).listeners).toHaveLength(3);
    });

    test('are not made of messages for one connection that does not return: these are dropped', async () => {
      const ids = Array.from({ length: 250 }, (_, index) => `p${index}`);
      await Promise.all(ids.map((id) => settled(store, id, 'poll://uni@group/gone')));
      await settled(store, 'broken', 'poll://uni@group/broken');
      await claim('group/broken', 'poll');
      await store.outbox.acknowledge([
        { kind: 'unblock', awaited: 'broken', address: 'poll://uni@group/broken', delivered: false, dueAt: 1 },
      ]);
      await settled(store, 'held', 'poll://uni@group/held');
      await claim('group/held', 'poll');
      await settled(store, 'any', 'poll://any@group/gone', 'http://host/');
      const target = { 'resonate:target': 'poll://uni@group/gone' };
      await sendOk(store, 'promise.create', promiseCreate('task', target));
      expect(await store.queues.backlog('poll', 1_000, 10)).toMatchObject({
        count: 2,
        targets: expect.arrayContaining([
          { target: 'group', count: 1, ageMs: expect.any(Number) },
          { target: 'group/gone', count: 1, ageMs: expect.any(Number) },
        ]),
      });
      expect((await store.deadLetters.dropAbsent(60_000)).count).toBe(1);
      let dropped = 0;
      for (let next: string | null = ''; next !== null;) {
        const piece: { count: number; next: string | null } = await store.deadLetters.dropAbsent(-60_000, next);
        dropped += piece.count;
        next = piece.next;
      }
      expect(dropped).toBe(250);
      const { listeners, tasks } = await dialect.dump();
      expect(listeners.map(({ address }) => address).sort()).toEqual([
        ...['http://host/', 'poll://any@group/gone', 'poll://uni@group/held'],
      ]);
      expect(tasks).toHaveLength(1);
      expect(await awaited()).toEqual([]);
    });

    test('are not dropped for one connection that its process reports as open, however many wait for it', async () => {
      const ids = Array.from({ length: 250 }, (_, index) => `p${index}`);
      const dueAt = (await dialect.now()) - 600_000;
      const settledFor = async (id: string, address: string) => {
        await sendOk(store, 'promise.create', promiseCreate(id));
        await sendOk(store, 'promise.register_listener', { awaited: id, address });
        const data = { id, state: 'resolved', value: {} } as const;
        expect((await store.execute({ kind: 'promise.settle', data }, dueAt, 0)).status).toBe(200);
      };
      await Promise.all(ids.map((id) => settledFor(id, 'poll://uni@group/full')));
      await settledFor('other', 'poll://uni@group/gone');
      await settledFor('any', 'poll://any@group');
      const many = Array.from({ length: 300 }, (_, index) => `group/idle${index}`);
      await store.deadLetters.keepForOpen([...many, 'group/full', 'group']);
      const { listeners } = await dialect.dump();
      expect(new Set(listeners.map(({ enqueuedAt }) => enqueuedAt))).toEqual(new Set([dueAt]));
      const late = listeners.filter((listener) => listener.dueAt === dueAt);
      expect(late.map(({ awaited: id }) => id).sort()).toEqual(['any', 'other']);
      expect((await store.deadLetters.dropAbsent(300_000)).count).toBe(1);
      expect((await claim('group/full', 'poll')).unblocks).toHaveLength(250);
    });

    test('are deleted when they are too old', async () => {
      await die('host', 'a', 'b');
      expect(await store.deadLetters.dropAged(60_000)).toEqual({ count: 0, more: false });
      expect(await store.deadLetters.dropAged(-60_000)).toEqual({ count: 2, more: false });
      expect(await awaited()).toEqual([]);
    });

    test('that are redriven cause a hint to the loops', async () => {
      await die('host', 'a');
      const told: string[] = [];
      store.hints.onHint(({ deliveries }) => told.push(...deliveries.keys()));
      await store.deadLetters.redrive({});
      expect(told).toEqual(['http']);
    });

    test('are deleted by a reset', async () => {
      await die('host', 'a');
      await dialect.reset();
      expect(await awaited()).toEqual([]);
    });
  });
}
