import { beforeAll, describe, expect, test } from '@jest/globals';
import { findNewest, MAX_ROWS_READ, type NewestQuery } from '../admin/newest.ts';
import { readCounts } from '../admin/counts.ts';
import { readDetail } from '../admin/detail.ts';
import { readGraph } from '../admin/graph.ts';
import type { Dialect } from '../dialect.ts';
import type { Statement } from '../sql/statement.ts';
import type { PlainSql } from '../sql/plain-sql.ts';
import type { Store } from '../store.ts';
import {
  FAR,
  openForAll,
  promiseCreate,
  registerCallback,
  send,
  sendOk,
  storeOn,
  settle,
  taskCreate,
  type DatabaseUnderTest,
  type DialectUnderTest,
} from './under-test.ts';

const ALL: NewestQuery = { prefix: '', tags: [], limit: 10, after: null };
const calling = (func: string) => ({ data: Buffer.from(JSON.stringify({ func, args: [1] })).toString('base64') });
const PARAM = calling('grüße');
const LINEAGE = { origin: 'resonate:origin', parent: 'resonate:parent', branch: 'resonate:branch' } as const;

/** What operators look at: the newest of many, a call graph, one promise. */
export function adminConformance(under: DialectUnderTest): void {
  describe('what operators look at', () => {
    let database: DatabaseUnderTest;
    let dialect: Dialect;
    let store: Store;
    openForAll(under, (opened) => ({ database, dialect, store } = opened));
    /** `create` creates a promise so many seconds after this time. */
    const START = 1_700_000_000_000;
    const create = (second: number, id: string, tags: Record<string, string> = {}, timeoutAt = FAR) =>
      send(store, 'promise.create', { ...promiseCreate(id, tags, timeoutAt), param: PARAM }, START + second * 1_000);

    beforeAll(async () => {
      await create(1, 'a/1', { team: 'red' });
      await create(2, 'a/2', { team: 'blue', 'resonate:target': 'poll://any@workers' });
      await create(3, 'b/1', { team: 'red', long: 'x'.repeat(200) });
      await create(3, 'b/2', { team: 'red', [LINEAGE.origin]: 'b/2' });
      await create(4, 'b/2.1', { [LINEAGE.origin]: 'b/2', [LINEAGE.parent]: 'b/2', [LINEAGE.branch]: 'b/2' });
      await create(5, 'over', { 'resonate:timer': 'true' }, START + 6_000);
      await send(store, 'promise.settle', settle('a/1'), START + 9_000);
    });

    const newest = async (query: Partial<NewestQuery>, now = START + 10_000) =>
      findNewest(dialect.plain, { ...ALL, ...query }, now);
    const ids = async (query: Partial<NewestQuery>) => (await newest(query)).rows.map(({ id }) => id);

    test('a page shows only some of many long tags, but all tags of the query, and these are compared whole', async () => {
      const wanted = 'w'.repeat(300);
      for (const index of [1, 2, 3]) {
        const tags = Object.fromEntries(Array.from({ length: 200 }, (_, tag) => [`tag-${tag}`, 'x'.repeat(1_000)]));
        await create(-100 + index, `tagged/${index}`, { ...tags, wanted: index === 2 ? `${wanted}!` : wanted });
      }
      const { rows } = await newest({ prefix: 'tagged/', tags: [['wanted', wanted]] });
      expect(rows.map(({ id }) => id)).toEqual(['tagged/3', 'tagged/1']);
      for (const { tags } of rows) {
        expect(tags['wanted']).toBe(wanted);
        expect(tags['tag-0']).toBe('x'.repeat(1_000));
        expect(JSON.stringify(tags).length).toBeLessThan(10_000);
      }
      for (const id of [1, 2, 3])
        await dialect.plain.atomically([
          { sql: 'DELETE FROM promise_tags WHERE promise_id = ?', params: [`tagged/${id}`] },
          { sql: 'DELETE FROM promises WHERE id = ?', params: [`tagged/${id}`] },
        ]);
    });

    test('a secret is created once, even by concurrent calls, and does not change', async () => {
      const asked = await Promise.all([1, 2, 3].map(() => storeOn(dialect).cluster.secret('cursors')));
      expect(new Set(asked.map((secret) => secret.toString('hex'))).size).toBe(1);
      expect(asked[0]).toHaveLength(32);
      expect(await store.cluster.secret('cursors')).toEqual(asked[0]);
      expect(await store.cluster.secret('others')).not.toEqual(asked[0]);
    });

    test('the newest promises come first, page by page', async () => {
      expect(await ids({})).toEqual(['over', 'b/2.1', 'b/2', 'b/1', 'a/2', 'a/1']);
      const seen: string[] = [];
      for (let after: NewestQuery['after'] = null, pages = 0; pages < 10; pages++) {
        const { rows, next } = await newest({ limit: 2, after });
        seen.push(...rows.map(({ id }) => id));
        after = next;
        if (!next) break;
      }
      expect(seen).toEqual(['over', 'b/2.1', 'b/2', 'b/1', 'a/2', 'a/1']);
    });

    test.each<[string, Partial<NewestQuery>, string[]]>([
      ['the beginning of the id', { prefix: 'b/' }, ['b/2.1', 'b/2', 'b/1']],
      ['a tag', { tags: [['team', 'red']] }, ['b/2', 'b/1', 'a/1']],
      ['a long tag, only if all of it matches', { tags: [['long', 'x'.repeat(199)]] }, []],
      ['a tag of the call graph', { tags: [[LINEAGE.origin, 'b/2']] }, ['b/2.1', 'b/2']],
      [
        'several tags',
        {
          tags: [
            ['team', 'red'],
            [LINEAGE.origin, 'b/2'],
          ],
        },
        ['b/2'],
      ],
      ['state', { state: 'resolved' }, ['a/1']],
      ['state and id', { state: 'pending', prefix: 'b/2' }, ['b/2.1', 'b/2']],
      ['roots', { isRoot: true }, ['over', 'b/2', 'b/1', 'a/2', 'a/1']],
      ['being called by another', { isRoot: false }, ['b/2.1']],
      ['function', { func: 'grüße' }, ['over', 'b/2.1', 'b/2', 'b/1', 'a/2', 'a/1']],
      ['function, id and state', { func: 'grüße', prefix: 'a/', state: 'resolved' }, ['a/1']],
      ['the beginning of a function, which is not its name', { func: 'grü' }, []],
      ['having a task', { task: { state: undefined } }, ['a/2']],
      ['the state of a task', { task: { state: 'pending' } }, ['a/2']],
      ['the state of no task', { task: { state: 'acquired' } }, []],
      ['time', { from: START + 2_000, to: START + 4_000 }, ['b/2', 'b/1', 'a/2']],
      ['time and tag', { from: START + 3_000, tags: [['team', 'red']] }, ['b/2', 'b/1']],
    ])('they are found by %s', async (_name, query, expected) => {
      expect(await ids(query)).toEqual(expected);
    });

    test('promises of a frequent function are listed by time, page by page, and those of a rare one, too', async () => {
      const at = START - 1_000_000;
      for (const [index, func] of ['often', 'often', 'rare', 'often', 'often'].entries()) {
        const request = { ...promiseCreate(`called/${index}`), param: calling(func) };
        expect(await send(store, 'promise.create', request, at + index)).toMatchObject({ status: 200 });
      }
      const pages: string[][] = [];
      const isFrequent: PlainSql['select'] = async (statements) => {
        const results = await dialect.plain.select(statements);
        return results.map((rows, n) => (statements[n]?.sql.startsWith('SELECT COUNT') ? [[MAX_ROWS_READ + 1]] : rows));
      };
      for (let after: NewestQuery['after'] = null; pages.length < 5;) {
        const query = { ...ALL, func: 'often', limit: 3, after };
        const { rows, next } = await findNewest({ ...dialect.plain, select: isFrequent }, query, START);
        pages.push(rows.map(({ id }) => id));
        after = next;
        if (!next) break;
      }
      expect(pages).toEqual([['called/4', 'called/3', 'called/1'], ['called/0']]);
      expect(await ids({ func: 'rare' })).toEqual(['called/2']);
    });

    test('a promise is created even if the name of its function is too long or cannot be stored', async () => {
      const names = { nul: 'a\0b', half: 'a\ud800b', long: `${'x'.repeat(159)}😀😀`, quoted: '"\\\'' };
      for (const [id, func] of Object.entries(names)) {
        const request = { ...promiseCreate(`odd/${id}`), param: calling(func) };
        expect(await send(store, 'promise.create', request, START - 2_000_000)).toMatchObject({ status: 200 });
      }
      const { rows } = await newest({ prefix: 'odd/' });
      const functions = Object.fromEntries(rows.map(({ id, function: name }) => [id, name]));
      expect(functions).toEqual({ 'odd/long': 'x'.repeat(159), 'odd/quoted': names.quoted });
      expect(await ids({ func: 'x'.repeat(159) })).toEqual(['odd/long']);
      expect(await ids({ func: names.quoted })).toEqual(['odd/quoted']);
    });

    test('promises with long headers, or with a header that is named data, are listed with their function', async () => {
      const headers = { data: calling('other').data, long: 'x'.repeat(5_000) };
      const request = { ...promiseCreate('headers/1'), param: { headers, ...calling('charge') } };
      expect(await send(store, 'promise.create', request, START - 4_000_000)).toMatchObject({ status: 200 });
      for (const query of [{ prefix: 'headers/' }, { func: 'charge' }])
        expect((await newest(query)).rows).toMatchObject([{ id: 'headers/1', function: 'charge' }]);
      const param = { headers: { data: calling('other').data }, ...calling('older') };
      await send(store, 'promise.create', { ...promiseCreate('older/1'), param }, START - 4_000_000);
      await dialect.plain.atomically([{ sql: "UPDATE promises SET func = NULL WHERE id = 'older/1'", params: [] }]);
      expect((await newest({ prefix: 'older/' })).rows).toMatchObject([{ function: 'older' }]);
    });

    test('promises are listed with their function, and expired ones as settled', async () => {
      const { rows } = await newest({ prefix: 'over' }, START + 6_000);
      expect(rows).toMatchObject([
        { id: 'over', state: 'resolved', settledAt: START + 6_000, function: 'grüße', isTimer: true, origin: null },
      ]);
      expect(await newest({ prefix: 'over', state: 'pending' }, START + 6_000)).toEqual({ rows: [], next: null });
      expect((await newest({ prefix: 'over' }, START + 5_999)).rows[0]!.state).toBe('pending');
    });

    test('failed promises of every state are listed with their error and counted', async () => {
      const at = START - 3_000_000;
      const error = Buffer.from(JSON.stringify({ __type: 'error', message: 'no such address' })).toString('base64');
      const ends = { r: 'rejected', c: 'rejected_canceled', t: 'rejected', ok: 'resolved' } as const;
      for (const [id, state] of Object.entries(ends)) {
        const tags = id === 'c' ? { [LINEAGE.origin]: 'failed/r' } : {};
        await send(store, 'promise.create', promiseCreate(`failed/${id}`, tags, id === 't' ? at + 1 : FAR), at);
        const value = id === 'r' ? { data: error } : {};
        await send(store, 'promise.settle', { id: `failed/${id}`, state, value }, at + 2);
      }
      const { rows } = await newest({ prefix: 'failed/', state: 'failed' });
      expect(rows.map(({ id, state, error: why }) => [id, state, why])).toEqual([
        ['failed/t', 'rejected_timedout', undefined],
        ['failed/r', 'rejected', 'no such address'],
        ['failed/c', 'rejected_canceled', undefined],
      ]);
      expect(await store.admin.counts('failed/')).toMatchObject({ failed: 2, isFailedCut: false, running: 0 });
      expect(await store.admin.counts('a/')).toMatchObject({ failed: 0, waiting: 1 });
      expect(await store.admin.counts('')).toMatchObject({ failed: 2, waiting: 1 });
    });

    test('a call graph is listed in order of id, with tasks and what they wait for', async () => {
      await sendOk(store, 'task.create', taskCreate('g', 'me'));
      for (const id of ['g.1', 'g.2']) {
        await sendOk(store, 'promise.create', promiseCreate(id, { [LINEAGE.origin]: 'g', [LINEAGE.parent]: 'g' }));
      }
      await sendOk(store, 'task.suspend', { id: 'g', version: 1, actions: [registerCallback('g', 'g.2')] });
      const now = await store.now();
      const query = { root: 'g', prefix: '', after: null, since: null, limit: 10 };
      const { nodes, after } = await store.admin.graph(query, now);
      expect(nodes).toMatchObject([
        { id: 'g', task: { state: 'suspended', version: 1 }, awaits: ['g.2'], parent: null },
        { id: 'g.1', task: null, awaits: [], parent: 'g' },
        { id: 'g.2', task: null, parent: 'g' },
      ]);
      expect(after).toBeNull();
      const first = await store.admin.graph({ ...query, limit: 1 }, now);
      expect([first.nodes.map(({ id }) => id), first.after]).toEqual([['g', 'g.1'], 'g.1']);
      const rest = await store.admin.graph({ ...query, after: 'g.1' }, now);
      expect(rest.nodes.map(({ id }) => id)).toEqual(['g.2']);
      expect(await store.admin.graph({ ...query, prefix: 'g.2' }, now)).toMatchObject({ nodes: [{}, { id: 'g.2' }] });
      // A minute later only a pending promise with a task may have changed.
      const later = await store.admin.graph({ ...query, since: now + 60_000 }, now + 60_000);
      expect(later.nodes.map(({ id }) => id)).toEqual(['g']);

      const detail = await store.admin.detail('g.2', 10, now);
      expect(detail).toMatchObject({ awaitedBy: [{ id: 'g', state: 'pending' }], awaits: [], task: null, more: false });
      expect(await store.admin.detail('g', 10, now)).toMatchObject({
        awaits: [{ id: 'g.2', state: 'pending' }],
        task: { state: 'suspended' },
      });
      const called = promiseCreate('own', { [LINEAGE.origin]: 'own' });
      await sendOk(store, 'task.create', taskCreate('h', 'me'));
      await sendOk(store, 'task.fence', {
        id: 'h',
        version: 1,
        action: { kind: 'promise.create', head: {}, data: called },
      });
      const calledBy = [{ id: 'h', state: 'pending' }];
      expect(await store.admin.detail('own', 10, now)).toMatchObject({ calledBy, awaitedBy: [], more: false });
      expect(await store.admin.detail('none', 10, now)).toBeNull();
      expect([await store.admin.hasGraph('g'), await store.admin.hasGraph('none')]).toEqual([true, false]);
    });

    test('the listeners of a promise are shown, up to the limit', async () => {
      for (const host of ['a', 'b', 'c']) {
        await sendOk(store, 'promise.register_listener', { awaited: 'b/1', address: `http://${host}/` });
      }
      const detail = await store.admin.detail('b/1', 2, START);
      expect(detail!.listeners.map(({ address }) => address)).toEqual(['http://a/', 'http://b/']);
      expect([detail!.more, detail!.function]).toEqual([true, 'grüße']);
    });

    test('an operator makes a delayed message due at once', async () => {
      const later = String((await store.now()) + 3_600_000);
      const tags = { 'resonate:target': 'poll://any@late', 'resonate:delay': later };
      await sendOk(store, 'promise.create', promiseCreate('late', tags));
      const claim = () =>
        store.outbox.claim({ transport: 'poll', targets: [{ target: 'late', limit: 1 }], preferred: [], graceMs: 0 });
      expect((await claim()).executes).toEqual([]);
      expect(await store.admin.deliver('late', 0)).toBe('due');
      expect((await claim()).executes).toMatchObject([{ id: 'late', attempts: 1, state: 'pending', version: 0 }]);
      expect(await store.admin.deliver('none', 0)).toBe('absent');
      expect(await store.admin.deliver('g', 0)).toBe('not pending');
    });

    describe('reads by index', () => {
      /** The statements that `look` sends if the matches of each condition are counted as `count`. */
      async function statementsOf(look: (sql: PlainSql) => Promise<unknown>, count: number): Promise<Statement[]> {
        const sent: Statement[] = [];
        const recorder: PlainSql = {
          ...dialect.plain,
          select: async (statements) => {
            sent.push(...statements);
            const results = await dialect.plain.select(statements);
            return results.map((rows, index) => (statements[index]!.sql.startsWith('SELECT COUNT') ? [[count]] : rows));
          },
        };
        await look(recorder);
        return sent;
      }

      const RARE: [string, Partial<NewestQuery>][] = [
        ['state', { state: 'rejected' }],
        ['origin', { tags: [[LINEAGE.origin, 'b/2']] }],
        ['tag', { tags: [['team', 'red']] }],
        ['id', { prefix: 'b/' }],
        ['task', { task: { state: 'pending' } }],
        ['function', { func: 'grüße' }],
        ['failure', { state: 'failed' }],
      ];
      /** A step that reads a whole table. Steps over few rows may sort, join and count in any way. */
      const isWalk = (scan: string) =>
        /^SCAN (?!w$|first$)|AUTOMATIC|Seq Scan|Bitmap|^(?:ALL|index) .*(?:promise|task|callback|listener|letter)/.test(
          scan,
        );

      test.each(RARE)('rare matches: by %s', async (_name, query) => {
        const sent = await statementsOf((sql) => findNewest(sql, { ...ALL, ...query }, START), 1);
        const { indexes, scans } = await database.explain({ statements: sent });
        expect(indexes).not.toContain('promises_created');
        expect(scans.filter(isWalk)).toEqual([]);
      });

      test.each([['all', {}] as [string, Partial<NewestQuery>], ...RARE])(
        'frequent matches: %s',
        async (_name, query) => {
          const sent = await statementsOf(
            (sql) => findNewest(sql, { ...ALL, ...query, after: { createdAt: START, id: 'x' } }, START),
            MAX_ROWS_READ + 1,
          );
          const walk = sent.filter(({ sql }) => !sql.startsWith('SELECT COUNT'));
          const { indexes, scans } = await database.explain({ statements: walk });
          expect(indexes).toContain(query.func === undefined ? 'promises_created' : 'promises_func');
          expect(scans.filter(isWalk)).toEqual([]);
        },
      );

      test('a graph, a promise and the counts', async () => {
        const query = { root: 'g', prefix: '', after: null, since: 5, limit: 10 };
        const sent = [
          ...(await statementsOf((sql) => readGraph(sql, query, START), 0)),
          ...(await statementsOf((sql) => readDetail(sql, 'g', 10, START), 0)),
          ...(await statementsOf((sql) => readCounts(sql, ''), 0)),
          ...(await statementsOf((sql) => readCounts(sql, 'g'), 0)),
        ];
        const { indexes, scans } = await database.explain({ statements: sent });
        expect(indexes).toContain('promises_origin');
        expect(scans.filter(isWalk)).toEqual([]);
      });
    });
  });
}
