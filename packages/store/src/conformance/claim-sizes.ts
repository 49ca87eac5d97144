import { describe, expect, test } from '@jest/globals';
import type { Dialect } from '../dialect.ts';
import type { Store } from '../store.ts';
import { openEmptied, promiseCreate, sendOk, settled, type DialectUnderTest } from './under-test.ts';

/** Large messages are claimed only if there is memory for them. */
export function claimSizeConformance(under: DialectUnderTest): void {
  describe('claims of large messages', () => {
    let dialect: Dialect;
    let store: Store;
    openEmptied(under, (opened) => ({ dialect, store } = opened));

    test('take as many unblocks as fit into memory, and leave the others as they were', async () => {
      const data = 'x'.repeat(300_000);
      for (const id of ['a', 'b', 'c']) {
        await sendOk(store, 'promise.create', promiseCreate(id));
        for (const path of id === 'a' ? ['1', '2'] : ['1']) {
          await sendOk(store, 'promise.register_listener', { awaited: id, address: `http://h/${path}` });
        }
        await sendOk(store, 'promise.settle', { id, state: 'resolved', value: { data } });
      }
      await settled(store, 'small', 'http://h/1');
      const before = await dialect.dump();
      const take = async (maxBytes: number) => {
        const targets = [{ target: 'http://h', limit: 100 }];
        const { unblocks } = await store.outbox.claim({
          transport: 'http',
          targets,
          preferred: [],
          graceMs: 0,
          maxBytes,
        });
        return unblocks;
      };
      // With a limit of 0 only small promises are taken, with any other limit at least one, however large it is.
      expect((await take(0)).map(({ promise }) => promise.id)).toEqual(['small']);
      expect((await dialect.dump()).listeners.filter(({ awaited }) => awaited !== 'small')).toEqual(
        before.listeners.filter(({ awaited }) => awaited !== 'small'),
      );
      const [large, ...others] = await take(1_000);
      expect(others).toEqual([]);
      expect(large).toMatchObject({ promise: { id: 'a', value: { data } }, listener: { attempts: 1 } });
      expect(large?.bytes).toBeGreaterThan(300_000);
      // Each message counts, even if several belong to the same promise.
      expect((await take(650_000)).map(({ promise }) => promise.id)).toHaveLength(2);
      expect(await take(1_000_000)).toHaveLength(1);
      expect(await take(1_000_000)).toEqual([]);
    });

    test('ask before they take a large unblock for a target, but not before they take a small one', async () => {
      for (const [id, host, size] of [
        ['a', 'h', 300_000],
        ['b', 'h', 300_000],
        ['small', 'h', 10],
        ['c', 'i', 300_000],
      ] as const) {
        await sendOk(store, 'promise.create', promiseCreate(id));
        await sendOk(store, 'promise.register_listener', { awaited: id, address: `http://${host}/` });
        await sendOk(store, 'promise.settle', { id, state: 'resolved', value: { data: 'x'.repeat(size) } });
      }
      const { unblocks } = await store.outbox.claim({
        transport: 'http',
        targets: ['http://h', 'http://i'].map((target) => ({ target, limit: 100 })),
        preferred: [],
        graceMs: 0,
        // One large message for each target.
        admission: () => {
          const taken = new Set<string>();
          return (target) => {
            const isFirst = !taken.has(target);
            taken.add(target);
            return isFirst;
          };
        },
      });
      const large = unblocks.filter(({ promise }) => promise.id !== 'small');
      expect(large.map(({ listener }) => listener.target).sort()).toEqual(['http://h', 'http://i']);
      expect(unblocks).toHaveLength(3);
      expect((await dialect.dump()).listeners.filter(({ claimedBy }) => claimedBy === null)).toHaveLength(1);
    });
  });
}
