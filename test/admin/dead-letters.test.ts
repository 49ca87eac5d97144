import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { bearer, GuardedServer } from '../auth/guarded-server.ts';
import { resonateFor } from '../cli/client/resonate.ts';
import { FAR_FUTURE } from '../http/state.ts';
import { freePort } from '../processes/free-port.ts';
import { until } from '../processes/until.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(180_000);
const WITHIN_MS = 30_000;

interface Letter {
  id: number;
  awaited: string;
  address: string;
}

interface Page {
  deadLetters: Letter[];
  cursor?: string;
}

let server: GuardedServer;
let admin: string;
let mine: string;
let address: string;
let target: string;

beforeAll(async () => {
  const flags = ['--messages-max-attempts', '1', '--messages-circuit-failures', '10000'];
  server = await GuardedServer.start(...flags);
  admin = server.token({ role: 'admin' });
  mine = server.token({ prefix: 'mine/' });
  // Nothing listens on this port.
  target = `http://127.0.0.1:${await freePort()}`;
  address = `${target}/hook`;
});

afterAll(() => server?.dispose());

async function send<T>(path: string, token: string | undefined, body?: unknown): Promise<{ status: number; body: T }> {
  const answer = await server.client.send({
    path: `/admin/dead-letters${path}`,
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'content-type': 'application/json', ...bearer(token) },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: answer.status, body: JSON.parse(answer.body) as T };
}

const list = async (query = '', token = admin) => (await send<Page>(query, token)).body.deadLetters;
const awaited = (letters: Letter[]) => letters.map((letter) => letter.awaited);

/** Waits until these promises have a dead letter each, and no other promise has one. */
function dead(...ids: string[]): Promise<Letter[]> {
  return until(`dead letters of ${ids.join()}`, WITHIN_MS, async () => {
    const letters = await list();
    return awaited(letters).sort().join() === ids.sort().join() && letters;
  });
}

async function die(...ids: string[]): Promise<Letter[]> {
  for (const id of ids) {
    await server.ask('promise.create', { id, timeoutAt: FAR_FUTURE }, admin);
    await server.ask('promise.register_listener', { awaited: id, address }, admin);
    await server.ask('promise.settle', { id, state: 'resolved', value: {} }, admin);
  }
  return dead(...ids);
}

let count = 0;
const fresh = (prefix: string) => `${prefix}${count++}`;

beforeEach(async () => {
  await send('/drop', admin, { all: true });
});

describe('dead letters over HTTP', () => {
  test('are listed page by page and shown one by one', async () => {
    const letters = await die(fresh('mine/'), fresh('mine/'), fresh('theirs/'));
    const first = await send<Page>('?limit=2', admin);
    expect(first.body.deadLetters).toEqual(letters.slice(0, 2));
    const rest = await send<Page>(`?limit=2&cursor=${first.body.cursor}`, admin);
    expect(rest.body).toEqual({ deadLetters: letters.slice(2) });
    expect(await send(`/${letters[1]!.id}`, admin)).toEqual({ status: 200, body: { deadLetter: letters[1] } });
    expect(letters[1]).toMatchObject({ address, transport: 'http', target, attempts: 1 });
    expect(await list(`?prefix=${encodeURIComponent('theirs/')}`)).toEqual(letters.slice(2));
    expect(await list(`?target=${encodeURIComponent(target)}&transport=http`)).toEqual(letters);
    expect(await list('?transport=poll')).toEqual([]);
  });

  test('are sent again; if that fails, they become new dead letters', async () => {
    const [one, other] = (await die(fresh('a'), fresh('a'))) as [Letter, Letter];
    expect(await send('/redrive', admin, { ids: [one.id] })).toEqual({
      status: 200,
      body: { redriven: 1, more: false },
    });
    const again = await dead(one.awaited, other.awaited);
    expect(again.map(({ id }) => id)).not.toContain(one.id);
    expect(await send('/redrive', admin, { target, transport: 'http' })).toMatchObject({ body: { redriven: 2 } });
    await dead(one.awaited, other.awaited);
    expect(await send('/redrive', admin, { all: true })).toMatchObject({ body: { redriven: 2 } });
    await dead(one.awaited, other.awaited);
  });

  test('no longer exist after they are dropped', async () => {
    const [one, other] = (await die(fresh('a'), fresh('a'))) as [Letter, Letter];
    expect(await send('/drop', admin, { ids: [one.id, 999_999] })).toMatchObject({ body: { dropped: 1, more: false } });
    expect(await send(`/${one.id}`, admin)).toEqual({ status: 404, body: { error: 'Dead letter not found' } });
    expect(await send('/drop', admin, { target })).toMatchObject({ body: { dropped: 1 } });
    expect((await send(`/${other.id}`, admin)).status).toBe(404);
  });

  test('are counted', async () => {
    await die(fresh('a'));
    await until('the metrics', WITHIN_MS, async () => {
      const metrics = await (await fetch(server.process.metricsUrl)).text();
      return (
        /^resonate_dead_letters 1$/m.test(metrics) &&
        /^resonate_deaths_total\{.*reason="attempts".*\} \d+$/m.test(metrics)
      );
    });
  });

  test('are shown and changed only if the prefix of the token matches their promise', async () => {
    const [own, foreign] = [fresh('mine/'), fresh('theirs/')];
    const letters = await die(own, foreign);
    const [ownLetter, foreignLetter] = [own, foreign].map((id) => letters.find((letter) => letter.awaited === id)!);
    expect(awaited(await list('', mine))).toEqual([own]);
    expect(awaited(await list('?prefix=mi', mine))).toEqual([own]);
    expect(await list('?prefix=theirs', mine)).toEqual([]);
    expect((await send(`/${foreignLetter!.id}`, mine)).status).toBe(404);
    expect((await send(`/${ownLetter!.id}`, mine)).status).toBe(200);
    expect(await send('/drop', mine, { ids: [foreignLetter!.id] })).toMatchObject({ body: { dropped: 0 } });
    expect(await send('/drop', mine, { all: true })).toMatchObject({ body: { dropped: 1 } });
    expect(await send('/redrive', mine, { target })).toMatchObject({ body: { redriven: 0 } });
    expect(awaited(await list())).toEqual([foreign]);
  });

  test.each(['', '/1', '/redrive', '/drop'])(
    'get 401 without a token and 403 with a token without rights (%s)',
    async (path) => {
      const body = path.length > 2 ? { all: true } : undefined;
      expect((await send(path, undefined, body)).status).toBe(401);
      expect((await send(path, server.token({ role: 'user' }), body)).status).toBe(403);
    },
  );

  test.each([
    ['?limit=0', 'limit'],
    ['?limit=many', 'limit'],
    ['?limit=1001', 'limit'],
    ['?cursor=x', 'cursor'],
    ['?transport=pigeon', 'transport'],
    ['?colour=red', 'colour'],
    ['?target=', 'target'],
    ['?target=a%00', 'NUL'],
    ['?prefix=%00', 'NUL'],
  ])('cannot be listed with a wrong query: the 400 names the parameter: %s', async (query, named) => {
    const { status, body } = await send<{ error: string }>(query, admin);
    expect(status).toBe(400);
    expect(body.error).toContain(named);
  });

  test.each([
    [{}, 'exactly one of ids, target and all'],
    [{ all: true, ids: [1] }, 'exactly one of ids, target and all'],
    [{ all: false }, 'all'],
    [{ ids: [] }, 'ids'],
    [{ ids: ['1'] }, 'ids'],
    [{ ids: [1.5] }, 'ids'],
    [{ transport: 'http', all: true }, 'transport'],
    [{ all: true, more: 1 }, 'more'],
    [{ target: 'a\0' }, 'NUL'],
    ['nonsense', 'JSON'],
    ['[]', 'Invalid request'],
  ])('cannot be changed with a wrong body: the 400 names the mistake: %j', async (body, named) => {
    for (const path of ['/redrive', '/drop']) {
      const answer = await send<{ error: string }>(path, admin, body);
      expect(answer.status).toBe(400);
      expect(answer.body.error).toContain(named);
    }
  });
});

describe('resonate dead-letters', () => {
  test('lists, shows, sends again and drops', async () => {
    const resonate = resonateFor(server.process.url);
    const ids = [fresh('a'), fresh('a')];
    const letters = await die(...ids);
    const json = <T>(...args: string[]) => resonate.json<T>('dead-letters', ...args, '--token', admin);
    expect(await json('list', '--target', target)).toEqual({ deadLetters: letters });
    expect(await json('show', String(letters[0]!.id))).toEqual({ deadLetter: letters[0] });
    expect(await json('redrive', String(letters[0]!.id))).toEqual({ redriven: 1 });
    await dead(...ids);
    expect(await json('redrive', '--target', target)).toEqual({ redriven: 2 });
    await dead(...ids);
    expect(await json('drop', '--all')).toEqual({ dropped: 2 });
    expect(await list()).toEqual([]);
    const { code, stderr } = await resonate.run('dead-letters', 'drop', '--token', admin);
    expect([code, stderr]).toEqual([1, expect.stringContaining('needs exactly one of: ids, --target, --all')]);
  });
});
