import { beforeAll, describe, expect, test } from '@jest/globals';
import { Needs, PRELOAD } from '@resonate/machine';
import type { PromiseRecord, StringMap } from '@resonate/protocol';
import type { Dialect } from '../dialect.ts';
import type { Store } from '../store.ts';
import { openForAll, send, sendOk, type DialectUnderTest } from './under-test.ts';

const LATER = 9e15;
const MEGABYTE = 1 << 20;
const LARGE_COUNT = 12;
/** More than two branches may have together. */
const MANY = 2 * PRELOAD.promises + 10;

/** The preload of a branch, and what the store reads for it, is limited in promises and in bytes. */
export function preloadConformance(under: DialectUnderTest): void {
  describe('preload', () => {
    let store: Store;
    let dialect: Dialect;
    openForAll(under, (opened) => ({ store, dialect } = opened));

    const create = (id: string, branch: string, data = '', tags: StringMap = {}) =>
      sendOk(store, 'promise.create', {
        id,
        timeoutAt: LATER,
        param: { data },
        tags: { 'resonate:branch': branch, ...tags },
      });
    const createRoot = (id: string) => create(id, id, '', { 'resonate:target': 'poll://any@nobody' });
    const take = (id: string) => sendOk(store, 'task.acquire', { id, version: 0, pid: 'p', ttl: 60_000 });
    const acquire = async (id: string): Promise<string[]> => {
      const answer = await take(id);
      expect(answer).not.toHaveProperty('preloadPartial');
      return idsOf(answer);
    };
    const fence = async (root: string, id: string, data = '', own = false): Promise<string[]> => {
      const tags = { 'resonate:branch': root };
      const action = { kind: 'promise.create', data: { id, timeoutAt: LATER, param: { data }, tags } } as const;
      const request = { kind: 'task.fence', data: { id: root, version: 1, action } } as const;
      const reply = own
        ? await store.execute(request, null, 0, { fencePreload: 'own' })
        : await send(store, request.kind, request.data);
      expect(reply).toMatchObject({ status: 200, data: { action: { data: { promise: { id } } } } });
      return idsOf(reply.data);
    };

    beforeAll(async () => {
      await createRoot('large');
      for (let index = 0; index < LARGE_COUNT; index++)
        await create(`large.${letter(index)}`, 'large', 'x'.repeat(MEGABYTE));
      await createRoot('many');
      await Promise.all(
        Array.from({ length: MANY }, (_, index) => create(`many.${String(index).padStart(4, '0')}`, 'many')),
      );
    });

    test('of an acquire holds the first promises of the branch, up to a number of bytes', async () => {
      const fitting = Math.floor(PRELOAD.bytes / MEGABYTE) - 1;
      const answer = await take('large');
      expect(idsOf(answer)).toEqual(Array.from({ length: fitting }, (_, index) => `large.${letter(index)}`));
      expect(answer).toHaveProperty('preloadPartial', true);
    });

    test('of an acquire holds the first promises of the branch, up to a number of promises', async () => {
      const answer = await take('many');
      expect(answer).toHaveProperty('preloadPartial', true);
      const ids = idsOf(answer);
      expect(ids).toHaveLength(PRELOAD.promises);
      expect(ids.at(-1)).toBe(`many.${String(PRELOAD.promises - 1).padStart(4, '0')}`);
    });

    test('of a fence is the whole branch while that is small, then only what the fence created', async () => {
      await createRoot('a');
      await acquire('a');
      for (const ids of [['a.1'], ['a.1', 'a.2'], ['a.1', 'a.2', 'a.3'], ['a.1', 'a.2', 'a.3', 'a.4']]) {
        expect((await fence('a', ids.at(-1) ?? '')).sort()).toEqual(ids);
      }
      expect(await fence('a', 'a.5')).toEqual(['a.5']);
      expect(await fence('a', 'a.1')).toEqual(['a.1']);
      expect(await fence('a', 'a.6')).toEqual(['a.6']);
      // A request of the same batch that needs the whole branch is not told that it is partial.
      const needs = new Needs();
      needs.fencePreload('a');
      needs.preload('a');
      expect((await dialect.load(needs)).loaded).toMatchObject({ cutBranches: [], cutFences: ['a'] });
    });

    test('of a fence is only what it created once the branch has many bytes', async () => {
      await createRoot('b');
      await acquire('b');
      expect(await fence('b', 'b.1', 'x'.repeat(1_000))).toEqual(['b.1']);
      expect((await fence('b', 'b.2')).sort()).toEqual(['b.1', 'b.2']);
      expect(await fence('b', 'b.3', 'x'.repeat(1_000))).toEqual(['b.3']);
    });

    test('of a fence is only what it created when the caller asks for no more, and nothing of another branch', async () => {
      await createRoot('c');
      await acquire('c');
      expect(await fence('c', 'c.1', '', true)).toEqual(['c.1']);
      expect(await fence('c', 'c.2', '', true)).toEqual(['c.2']);
      expect(await fence('c', 'large.a', '', true)).toEqual([]);
    });

    test('of a fence reads nothing of promises that it will not answer', async () => {
      const needs = new Needs();
      needs.fencePreload('large');
      const { loaded } = await dialect.load(needs);
      expect(loaded).toMatchObject({ branches: [{ id: 'large' }], cutBranches: [], cutFences: ['large'] });
    });

    test('of a branch beside a very large one in the same batch is whole, or known to be partial', async () => {
      await createRoot('zz');
      await create('zz.1', 'zz');
      for (const ask of ['preload', 'fencePreload'] as const) {
        const needs = new Needs();
        for (const id of ['many', 'zz']) needs[ask](id);
        const { branches, cutBranches, cutFences } = (await dialect.load(needs)).loaded;
        const isPartial = (ask === 'preload' ? cutBranches : cutFences).includes('zz');
        expect([ask, isPartial || branches.some(({ id }) => id === 'zz.1')]).toEqual([ask, true]);
      }
    });

    test('of many acquires in one batch is smaller for each', async () => {
      const roots = Array.from({ length: 64 }, (_, index) => `root ${index}`);
      for (const root of roots) await createRoot(root);
      for (const [index, size] of [MEGABYTE / 4, MEGABYTE / 8, MEGABYTE / 4].entries()) {
        await create(`root 0.${index}`, 'root 0', 'x'.repeat(size));
      }
      const needs = new Needs();
      for (const root of roots) needs.preload(root);
      const { loaded } = await dialect.load(needs);
      const other = loaded.branches.filter(({ id }) => !roots.includes(id));
      expect(other.map(({ id }) => id)).toEqual(['root 0.0', 'root 0.1']);
      expect(loaded.cutBranches).toEqual(['root 0']);
      expect(loaded.branches).toHaveLength(roots.length + other.length);
    });
  });
}

function letter(index: number): string {
  return String.fromCharCode('a'.charCodeAt(0) + index);
}

function idsOf(data: unknown): string[] {
  return (data as { preload: PromiseRecord[] }).preload.map(({ id }) => id);
}
