import { beforeAll, describe, expect, test } from '@jest/globals';
import { promiseSearch, taskSearch } from '@resonate/machine';
import type { PromiseRecord, PromiseState, RequestData, ScheduleRecord, TaskRecord } from '@resonate/protocol';
import type { Dialect } from '../dialect.ts';
import type { Store } from '../store.ts';
import {
  openForAll,
  promiseCreate,
  send,
  sendOk,
  settle,
  taskCreate,
  type DatabaseUnderTest,
  type DialectUnderTest,
  type Search,
} from './under-test.ts';

/** In byte order of UTF-8. In the order of UTF-16 the last two would be swapped. */
const IDS = [' ', '%', 'A', 'B', 'a', 'a ', 'a.1', 'a.10', 'a.2', 'aa', 'b', 'e\u0301', 'é', '￿', '😀'];

interface Page {
  cursor?: string;
  promises: PromiseRecord[];
  tasks: TaskRecord[];
  schedules: ScheduleRecord[];
}

/** Searches find the same, in the same order, on every database, and walk an index. */
export function searchConformance(under: DialectUnderTest): void {
  describe('searches', () => {
    let database: DatabaseUnderTest;
    let store: Store;
    openForAll(under, (opened) => ({ database, store } = opened));

    /** Every id that a search finds, page by page. */
    async function all(kind: 'promise' | 'task' | 'schedule', data: Record<string, unknown>): Promise<string[]> {
      const ids: string[] = [];
      let cursor: string | undefined;
      do {
        const page: Page = await sendOk<Page>(store, `${kind}.search`, { ...data, ...(cursor && { cursor }) });
        ids.push(...page[`${kind}s`].map(({ id }) => id));
        ({ cursor } = page);
      } while (cursor !== undefined);
      return ids;
    }

    const LINEAGE = ['resonate:origin', 'resonate:branch', 'resonate:parent', 'resonate:schedule'];
    const long = 'long '.repeat(60);

    test('find promises in byte order, whatever the page size', async () => {
      const shuffled = [...IDS].sort((a, b) => (`${a}${a.length}` < `${b}${b.length}` ? 1 : -1));
      const tags = Object.fromEntries([...LINEAGE, 'mine', 'long'].map((name) => [name, `${name} of all`]));
      tags['long'] = `${long}1`;
      await Promise.all(shuffled.map((id) => sendOk(store, 'promise.create', promiseCreate(id, tags))));
      for (const limit of [1, 2, 4, 100]) expect(await all('promise', { limit })).toEqual(IDS);
    });

    test.each([...LINEAGE, 'mine'])('find promises by the tag %s in byte order', async (name) => {
      const tags = { [name]: `${name} of all` };
      expect(await all('promise', { tags, limit: 4 })).toEqual(IDS);
      expect(await all('promise', { tags: { [name]: 'other' } })).toEqual([]);
      expect(await all('promise', { tags: { [name]: `${name} OF ALL` } })).toEqual([]);
      expect(await all('promise', { tags: { [name]: `${name} of all ` } })).toEqual([]);
    });

    test('find only promises that have all the given tags', async () => {
      await sendOk(
        store,
        'promise.create',
        promiseCreate('only', { mine: 'mine of all', 'resonate:origin': 'x', z: 'y' }),
      );
      expect(await all('promise', { tags: { mine: 'mine of all', z: 'y' } })).toEqual(['only']);
      expect(await all('promise', { tags: { mine: 'mine of all', 'resonate:origin': 'x' } })).toEqual(['only']);
      expect(await all('promise', { tags: { z: 'y', mine: 'other' } })).toEqual([]);
    });

    test('tell long tags apart that are equal in the index', async () => {
      expect(await all('promise', { tags: { long: `${long}1` }, limit: 3 })).toEqual(IDS);
      expect(await all('promise', { tags: { long: `${long}2` } })).toEqual([]);
    });

    test('find promises by their current state, in byte order', async () => {
      const states: [PromiseState, string[]][] = [
        ['resolved', ['😀', 'a.2', 'B']],
        ['rejected', ['é', 'a.1']],
      ];
      for (const [state, ids] of states) {
        for (const id of ids) await sendOk(store, 'promise.settle', { ...settle(id), state });
      }
      // Expired, but still stored as pending.
      const past = Date.now() - 1_000;
      const timer = { 'resonate:timer': 'true' };
      await send(store, 'promise.create', promiseCreate('over', {}, past + 1), past);
      await send(store, 'promise.create', promiseCreate('over timer', timer, past + 1), past);
      const pending = [...IDS, 'only'].filter((id) => !states.some(([, ids]) => ids.includes(id)));
      expect(await all('promise', { state: 'pending', limit: 2 })).toEqual(pending.sort(byBytes));
      expect(await all('promise', { state: 'resolved', limit: 1 })).toEqual(['B', 'a.2', 'over timer', '😀']);
      expect(await all('promise', { state: 'rejected', limit: 1 })).toEqual(['a.1', 'é']);
      expect(await all('promise', { state: 'rejected_timedout', limit: 1 })).toEqual(['over']);
      expect(await all('promise', { state: 'resolved', tags: { mine: 'mine of all' } })).toEqual(['B', 'a.2', '😀']);
    });

    test('find what begins with a prefix, on full pages', async () => {
      const prefixed = async (prefix: string, data: object) => {
        const all = { state: undefined, tags: undefined, limit: undefined, cursor: undefined, ...data };
        const reply = await store.execute({ kind: 'promise.search', data: all }, null, 0, { prefix });
        const { promises, cursor } = reply.data as Page;
        return { ids: promises.map(({ id }) => id), cursor };
      };
      for (const prefix of ['a', 'a.', 'a.1', 'A', 'é', '￿', '😀', ' ', '%', '\u0001', '\u{10FFFF}', 'none']) {
        const expected = IDS.filter((id) => id.startsWith(prefix));
        expect((await prefixed(prefix, {})).ids).toEqual(expected);
        const first = await prefixed(prefix, { limit: 1 });
        expect(first).toEqual({ ids: expected.slice(0, 1), cursor: expected.length > 1 ? expected[0] : undefined });
        const tags = { mine: 'mine of all' };
        expect((await prefixed(prefix, { tags, cursor: 'a.10' })).ids).toEqual(
          expected.filter((id) => byBytes(id, 'a.10') > 0),
        );
      }
    });

    test('find tasks by state in byte order', async () => {
      for (const id of ['t b', 't 😀', 't ￿', 't B']) await sendOk(store, 'task.create', taskCreate(id, 'me'));
      await sendOk(store, 'promise.settle', settle('t b'));
      expect(await all('task', { limit: 1 })).toEqual(['t B', 't b', 't ￿', 't 😀']);
      expect(await all('task', { state: 'acquired', limit: 2 })).toEqual(['t B', 't ￿', 't 😀']);
      expect(await all('task', { state: 'fulfilled', limit: 1 })).toEqual(['t b']);
      expect(await all('task', { state: 'halted' })).toEqual([]);
    });

    test('find schedules in byte order and by tag', async () => {
      for (const [index, id] of ['😀', '￿', 'b', 'B'].entries()) {
        const promiseTags = { odd: String(index % 2) };
        const data = { id, cron: '0 0 1 1 *', promiseId: 'x', promiseTimeout: 1, promiseTags };
        await sendOk(store, 'schedule.create', data);
      }
      expect(await all('schedule', { limit: 1 })).toEqual(['B', 'b', '￿', '😀']);
      expect(await all('schedule', { limit: 1, tags: { odd: '0' } })).toEqual(['b', '😀']);
    });

    describe('walk an index', () => {
      const now = Date.now();
      const anything = { state: undefined, tags: undefined, limit: undefined, cursor: undefined };
      const promises = (data: Partial<RequestData<'promise.search'>>): Search => ({
        promises: promiseSearch.query({ ...anything, ...data }, now),
      });
      const tasks = (data: Partial<RequestData<'task.search'>>): Search => ({
        tasks: taskSearch.query({ ...anything, ...data }, now),
      });
      const tag = (name: string) => ({ [name]: 'rare' });

      beforeAll(async () => {
        // So many rows that reading all of them costs more than walking an index.
        const many = Array.from({ length: 2_000 }, (_, index) => {
          const tags = Object.fromEntries([...LINEAGE, 'mine'].map((name) => [name, `${index % 50}`]));
          return sendOk(store, 'promise.create', promiseCreate(`many.${index}`, tags));
        });
        await Promise.all(many);
      });

      test.each<[string, Search, string[]]>([
        ['promises by id', promises({ cursor: 'many.5' }), ['promises_pkey']],
        ['promises by state', promises({ state: 'rejected' }), ['promises_state']],
        ['promises by origin', promises({ tags: tag('resonate:origin') }), ['promises_origin']],
        ['promises by branch', promises({ tags: tag('resonate:branch') }), ['promises_branch']],
        ['promises by parent', promises({ tags: tag('resonate:parent') }), ['promises_parent']],
        ['promises by schedule', promises({ tags: tag('resonate:schedule') }), ['promises_schedule']],
        ['promises by any tag', promises({ tags: tag('mine') }), ['promise_tags_pkey', 'promises_pkey']],
        [
          'promises by origin and state',
          promises({ tags: tag('resonate:origin'), state: 'pending' }),
          ['promises_origin'],
        ],
        ['tasks by id', tasks({ cursor: 'many.5' }), ['tasks_pkey']],
        ['tasks by state', tasks({ state: 'acquired' }), ['tasks_state']],
      ])('for %s', async (_, search, expected) => {
        const { indexes, scans } = await database.explain(search);
        expect(scans).toEqual([]);
        expect([...new Set(indexes)].sort()).toEqual(expected);
      });
    });
  });

  describe('searches of large rows', () => {
    let dialect: Dialect;
    let store: Store;
    openForAll(under, (opened) => ({ dialect, store } = opened));
    const COUNT = 12;
    const ids = Array.from({ length: COUNT }, (_, index) => `large-${String(index).padStart(2, '0')}`);
    const param = { data: 'x'.repeat(500_000) };

    /** The ids of each page, and the longest page in characters of JSON. */
    async function pages(kind: 'promise' | 'schedule', data: object): Promise<{ ids: string[][]; longest: number }> {
      const found: string[][] = [];
      let longest = 0;
      let cursor: string | undefined;
      do {
        const page: Page = await sendOk<Page>(store, `${kind}.search`, { ...data, ...(cursor && { cursor }) });
        found.push(page[`${kind}s`].map(({ id }) => id));
        longest = Math.max(longest, JSON.stringify(page).length);
        ({ cursor } = page);
      } while (cursor !== undefined);
      return { ids: found, longest };
    }

    beforeAll(async () => {
      for (const id of ids) {
        await sendOk(store, 'promise.create', { ...promiseCreate(id, { kind: 'large' }), param });
        const schedule = { id, cron: '0 0 1 1 *', promiseId: `${id}.run`, promiseTimeout: 1, promiseParam: param };
        await sendOk(store, 'schedule.create', schedule);
      }
      await sendOk(store, 'promise.settle', { ...settle(ids[3] ?? ''), value: param });
    });

    test.each([
      ['promise', {}, ids],
      ['promise', { tags: { kind: 'large' } }, ids],
      ['promise', { state: 'pending' }, ids.filter((_, index) => index !== 3)],
      ['schedule', {}, ids],
    ] as const)('of %ss %j end a page at its limit of bytes and continue on the next', async (kind, data, expected) => {
      for (const limit of [1000, 5]) {
        const { ids: found, longest } = await pages(kind, { ...data, limit });
        expect(found.flat()).toEqual(expected);
        expect(longest).toBeLessThan(3_000_000);
        for (const page of found) expect(page.length).toBeGreaterThan(0);
      }
    });

    test.each(['promise', 'schedule'] as const)('miss no %s if another one is created meanwhile', async (kind) => {
      const { select } = dialect.plain;
      const create = (id: string) =>
        kind === 'promise'
          ? sendOk(store, 'promise.create', promiseCreate(id))
          : sendOk(store, 'schedule.create', { id, cron: '0 0 1 1 *', promiseId: 'x', promiseTimeout: 1 });
      await create('small-2');
      let hasCreated = false;
      const createBetween: typeof select = async (statements) => {
        const rows = await select(statements);
        if (!hasCreated && statements.some(({ sql }) => sql.includes('OCTET_LENGTH'))) {
          hasCreated = true;
          await create('small-1');
        }
        return rows;
      };
      Object.assign(dialect.plain, { select: createBetween });
      try {
        const data = { cursor: ids.at(-1), limit: 10 };
        const page = await sendOk<Page>(store, `${kind}.search`, data);
        expect(page[`${kind}s`].map(({ id }) => id)).toEqual(['small-1', 'small-2']);
        expect(page.cursor).toBeUndefined();
      } finally {
        Object.assign(dialect.plain, { select });
      }
    });

    test('return rows that are larger than a page, one or two per page', async () => {
      const huge = { data: 'x'.repeat(3_000_000) };
      for (const id of ['huge-1', 'huge-2', 'huge-3']) {
        await sendOk(store, 'promise.create', { ...promiseCreate(id, { kind: 'huge' }), param: huge });
      }
      expect((await pages('promise', { tags: { kind: 'huge' } })).ids).toEqual([['huge-1'], ['huge-2', 'huge-3']]);
    });
  });
}

function byBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
