import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { GuardedServer } from './guarded-server.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(180_000);

/** In byte order. All of them except the first four and the last three begin with `p/`. */
const IDS = ['o\u{10FFFF}', 'p', 'p.', 'p.\u{10FFFF}x', 'p/', 'p/a', 'p/b', 'p/c', 'p/\u{10FFFF}', 'p0', 'pa', 'q'];
const MINE = IDS.filter((id) => id.startsWith('p/'));
const SEARCHES = ['promise', 'task', 'schedule'] as const;

type Page = { cursor?: string } & Record<string, { id: string }[]>;

async function create(server: GuardedServer): Promise<void> {
  const admin = server.token({ role: 'admin' });
  for (const [index, id] of [...IDS].reverse().entries()) {
    const tags = { 'resonate:target': 'poll://any@g', half: String(index % 2) };
    const schedule = { id, cron: '0 0 1 1 *', promiseId: 'x', promiseTimeout: 1, promiseTags: tags };
    expect((await server.ask('promise.create', { id, timeoutAt: 9e12, tags }, admin)).status).toBe(200);
    expect((await server.ask('schedule.create', schedule, admin)).status).toBe(200);
  }
}

describe('a search with a token of the prefix p/', () => {
  let server: GuardedServer;
  beforeAll(async () => {
    server = await GuardedServer.start();
    await create(server);
  });
  afterAll(() => server?.dispose());

  /** Every id that is found, page by page, and how many pages there were. */
  async function all(kind: string, data: object, prefix = 'p/'): Promise<{ ids: string[]; pages: number }> {
    const token = server.token({ prefix });
    const ids: string[] = [];
    for (let pages = 1, cursor: string | undefined; ; pages++) {
      const answer = await server.ask(`${kind}.search`, { ...data, ...(cursor !== undefined && { cursor }) }, token);
      expect(answer.status).toBe(200);
      const page = answer.data as Page;
      ids.push(...(page[`${kind}s`] ?? []).map(({ id }) => id));
      if (page.cursor === undefined) return { ids, pages };
      cursor = page.cursor;
    }
  }

  test.each(SEARCHES)('of %ss finds all of its ids and no other, on full pages', async (kind) => {
    expect(await all(kind, { limit: 100 })).toEqual({ ids: MINE, pages: 1 });
    // No page is short or empty, because rows that are not shown do not count.
    expect(await all(kind, { limit: 1 })).toEqual({ ids: MINE, pages: 5 });
    expect(await all(kind, { limit: 5 })).toEqual({ ids: MINE, pages: 1 });
    expect(await all(kind, { limit: 3 })).toEqual({ ids: MINE, pages: 2 });
  });

  test.each(SEARCHES)('of %ss shows no other ids, even with a cursor that lies outside the prefix', async (kind) => {
    expect((await all(kind, { cursor: 'a' })).ids).toEqual(MINE);
    expect((await all(kind, { cursor: 'p/b' })).ids).toEqual(MINE.slice(3));
    expect((await all(kind, { cursor: 'p/~' })).ids).toEqual(MINE.slice(4));
    expect((await all(kind, { cursor: 'p0' })).ids).toEqual([]);
    expect((await all(kind, { cursor: '\u{10FFFF}' })).ids).toEqual([]);
  });

  test('still applies its other conditions', async () => {
    const even = [...IDS].reverse().filter((_, index) => index % 2 === 0);
    const found = MINE.filter((id) => even.includes(id));
    expect((await all('promise', { tags: { half: '0' }, limit: 1 })).ids).toEqual(found);
    expect((await all('promise', { tags: { half: '0' }, state: 'pending', limit: 1 })).ids).toEqual(found);
    expect((await all('schedule', { tags: { half: '0' }, limit: 1 })).ids).toEqual(found);
    expect((await all('task', { state: 'pending', limit: 2 })).ids).toEqual(MINE);
    expect((await all('promise', { state: 'rejected' })).ids).toEqual([]);
  });

  test.each([
    ['', IDS],
    ['p', IDS.filter((id) => id.startsWith('p'))],
    ['p/\u{10FFFF}', ['p/\u{10FFFF}']],
    ['\u0001', []],
    ['p/\u0001', []],
    ['\ue000', []],
    ['r', []],
  ])('finds the ids that begin with the prefix %j', async (prefix, expected) => {
    for (const kind of SEARCHES) expect((await all(kind, { limit: 2 }, prefix)).ids).toEqual(expected);
  });

  test.each(['p/\u0000', 'p/\ud83d'])('is refused for a prefix that no id can have (%j)', async (prefix) => {
    expect(await server.ask('promise.search', {}, server.token({ prefix }))).toMatchObject({ status: 403 });
  });
});

test('auth.search_prefix=deny refuses searches to tokens with a prefix', async () => {
  const server = await GuardedServer.start('--auth-search-prefix', 'deny');
  try {
    for (const kind of SEARCHES) {
      const statuses = [{ prefix: 'p/' }, { prefix: '' }, { role: 'admin' }].map(
        async (claims) => (await server.ask(`${kind}.search`, {}, server.token(claims))).status,
      );
      expect(await Promise.all(statuses)).toEqual([403, 200, 200]);
    }
  } finally {
    await server.dispose();
  }
});
