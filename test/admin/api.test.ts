import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { ROUTES, type RouteName } from '@resonate/admin';
import { bearer, GuardedServer } from '../auth/guarded-server.ts';
import { FAR_FUTURE } from '../http/state.ts';
import { until } from '../processes/until.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(60_000);
const WITHIN_MS = 30_000;

let server: GuardedServer;
let admin: string;
let mine: string;

const PARAM = { data: Buffer.from(JSON.stringify({ func: 'greet', args: ['you'] })).toString('base64') };
const ENCODED = encodeURIComponent('mine/w');

async function create(id: string, tags: Record<string, string> = {}): Promise<void> {
  const { status } = await server.ask('promise.create', { id, timeoutAt: FAR_FUTURE, param: PARAM, tags }, admin);
  if (status !== 200) throw new Error(`${id}: ${status}`);
}

beforeAll(async () => {
  server = await GuardedServer.start();
  admin = server.token({ role: 'admin' });
  mine = server.token({ prefix: 'mine/' });
  const tags = (origin: string, parent: string) => ({
    'resonate:origin': origin,
    'resonate:parent': parent,
    'resonate:branch': parent,
  });
  await create('mine/w', { 'resonate:target': 'poll://any@nobody', 'resonate:origin': 'mine/w', team: 'red' });
  await create('mine/w.1', tags('mine/w', 'mine/w'));
  await create('theirs/w', { 'resonate:target': 'http://127.0.0.1:9/?secret=1', team: 'red' });
  await server.ask('promise.register_listener', { awaited: 'mine/w', address: 'http://127.0.0.1:9/?key=1' }, admin);
});

afterAll(() => server?.dispose());

/** Sends one request, and checks that an answer 200 fits the schema that the endpoint declares. */
async function ask<T = Record<string, unknown>>(
  name: RouteName,
  path: string,
  token: string | undefined = admin,
  headers = {},
) {
  const { method, answer } = ROUTES[name];
  const got = await server.client.send({ path: `/admin/${path}`, method, headers: { ...bearer(token), ...headers } });
  const body = got.body === '' ? null : (JSON.parse(got.body) as T);
  if (got.status === 200) answer.parse(body);
  return { status: got.status, etag: got.headers.etag, body: body as T };
}

interface Row {
  id: string;
  state: string;
}
const ids = async (path: string, token = admin) =>
  (await ask<{ promises: Row[] }>('promises', path, token)).body.promises.map(({ id }) => id);

describe('the admin API', () => {
  test('shows the rights of a token', async () => {
    expect((await ask('session', 'session')).body).toMatchObject({ prefix: '', isAdmin: true, authEnabled: true });
    const { body } = await ask<{ expiresAt: number; now: number }>('session', 'session', mine);
    expect(body).toMatchObject({ prefix: 'mine/', isAdmin: false, maySearch: true, transports: ['http', 'poll'] });
    expect(body.expiresAt).toBeGreaterThan(body.now);
  });

  test('lists promises, the newest first, page by page', async () => {
    expect(await ids('promises')).toEqual(['theirs/w', 'mine/w.1', 'mine/w']);
    const { body } = await ask<{ promises: Row[]; cursor: string }>('promises', 'promises?limit=2');
    expect(body.promises[1]).toMatchObject({ function: 'greet', origin: 'mine/w', state: 'pending' });
    expect(await ids(`promises?limit=2&cursor=${encodeURIComponent(body.cursor)}`)).toEqual(['mine/w']);
    expect(await ids('promises?tag=team=red&prefix=mine')).toEqual(['mine/w']);
    expect(await ids('promises?tag=team=red&tag=resonate:origin=mine/w')).toEqual(['mine/w']);
    expect(await ids('promises?roots=true&state=pending')).toEqual(['theirs/w', 'mine/w']);
    expect(await ids('promises?to=5')).toEqual([]);
    expect(await ids('promises?func=greet&prefix=mine')).toEqual(['mine/w.1', 'mine/w']);
    expect(await ids('promises?func=greet', mine)).toEqual(['mine/w.1', 'mine/w']);
    expect(await ids('promises?func=gree')).toEqual([]);
    expect(await ids('promises?steps=true')).toEqual(['mine/w.1']);
    expect((await ask('promises', 'promises?steps=true&roots=true')).status).toBe(400);
  });

  test('shows a promise with its task and listeners; only admins see addresses, which may contain secrets', async () => {
    const { body } = await ask('promise', `promises/${ENCODED}`);
    expect(body).toMatchObject({
      promise: { id: 'mine/w', param: PARAM, tags: { team: 'red' } },
      function: 'greet',
      task: { state: 'pending', version: 0, target: 'nobody', address: 'poll://any@nobody' },
      listeners: [{ transport: 'http', address: 'http://127.0.0.1:9/?key=1', target: 'http://127.0.0.1:9' }],
    });
    const { status, body: seen } = await ask('promise', `promises/${ENCODED}`, mine);
    expect(status).toBe(200);
    expect(JSON.stringify(seen)).not.toContain('key=1');
  });

  test('sends a call graph, and answers 304 while it has not changed', async () => {
    const first = await ask<{ now: number; nodes: Row[] }>('graph', `graph/${ENCODED}`);
    expect(first.body.nodes.map(({ id }) => id)).toEqual(['mine/w', 'mine/w.1']);
    const again = await ask('graph', `graph/${ENCODED}`, admin, { 'if-none-match': first.etag });
    expect([again.status, again.body]).toEqual([304, null]);
    await create('mine/w.2', { 'resonate:origin': 'mine/w', 'resonate:parent': 'mine/w' });
    const changed = await ask<{ nodes: Row[] }>('graph', `graph/${ENCODED}`, mine, { 'if-none-match': first.etag });
    expect(changed.body.nodes.map(({ id }) => id)).toEqual(['mine/w', 'mine/w.1', 'mine/w.2']);
    const since = await ask<{ nodes: Row[] }>('graph', `graph/${ENCODED}?since=${first.body.now}`);
    expect(since.body.nodes.map(({ id }) => id)).toContain('mine/w.2');
  });

  test('counts running, waiting and failed work; a tenant gets its own counts', async () => {
    expect((await ask('counts', 'counts')).body).toMatchObject({ running: 0, waiting: 2, suspended: 0, failed: 0 });
    await create('theirs/failed');
    const error = Buffer.from(JSON.stringify({ __type: 'error', message: 'no' })).toString('base64');
    const settled = { id: 'theirs/failed', state: 'rejected', value: { data: error } };
    expect((await server.ask('promise.settle', settled, admin)).status).toBe(200);
    expect((await ask('counts', 'counts')).body).toMatchObject({ failed: 1, isFailedCut: false });
    expect((await ask('counts', 'counts', mine)).body).toMatchObject({ waiting: 1, failed: 0 });
    const pending = await ask<{ promises: Row[] }>('promises', 'promises?state=pending&reasons=true', mine);
    expect(pending.body.promises.find(({ id }) => id === 'mine/w')).toMatchObject({
      reason: 'No worker of group nobody',
    });
    const { body } = await ask<{ promises: Row[] }>('promises', 'promises?state=failed');
    expect(body.promises).toMatchObject([{ id: 'theirs/failed', state: 'rejected', error: 'no' }]);
  });

  test('lists tasks, and makes the message of a pending task due at once', async () => {
    const { body } = await ask<{ tasks: Row[] }>('tasks', 'tasks?state=pending');
    expect(body.tasks).toMatchObject([{ id: 'theirs/w' }, { id: 'mine/w', target: 'nobody', function: 'greet' }]);
    expect((await ask('tasks', 'tasks?state=acquired')).body).toMatchObject({ tasks: [] });
    const delivered = await ask('deliverTask', `tasks/${ENCODED}/deliver`, mine);
    expect([delivered.status, delivered.body]).toMatchObject([200, { id: 'mine/w' }]);
    await create('mine/halted', { 'resonate:target': 'poll://any@nobody' });
    await server.ask('task.halt', { id: 'mine/halted' }, admin);
    expect((await ask('deliverTask', 'tasks/mine%2Fhalted/deliver')).status).toBe(409);
    expect((await ask('deliverTask', 'tasks/none/deliver')).status).toBe(404);
  });

  test('shows the whole cluster only to tokens without restrictions', async () => {
    const overview = await until('a point of the series', WITHIN_MS, async () => {
      const { body } = await ask<{ series: { requests: number }[] }>('overview', 'overview');
      return body.series.some(({ requests }) => requests > 0) && body;
    });
    expect(overview).toMatchObject({
      processes: [{ role: 'all', isAlive: true, leader: true }],
      backlog: expect.arrayContaining([expect.objectContaining({ transport: 'poll', count: expect.any(Number) })]),
      stepMs: 5_000,
    });
    const refused = await ask('overview', 'overview', mine);
    expect([refused.status, refused.body['error']]).toEqual([403, expect.stringContaining('whole cluster')]);
  });

  test('shows a tenant its own data and no data of others', async () => {
    expect(await ids('promises', mine)).not.toContain('theirs/w');
    expect(await ids('promises?prefix=theirs', mine)).toEqual([]);
    expect((await ask('tasks', 'tasks?prefix=theirs/', mine)).body).toMatchObject({ tasks: [] });
    for (const [name, path] of [
      ['promise', 'promises/theirs%2Fw'],
      ['graph', 'graph/theirs%2Fw'],
      ['deliverTask', 'tasks/theirs%2Fw/deliver'],
    ] as const) {
      expect((await ask(name, path, mine)).status).toBe(404);
    }
  });

  test.each([
    ['promises?limit=0', 'limit'],
    ['promises?limit=501', 'limit'],
    ['promises?state=done', 'state'],
    ['promises?tag=team', 'tag'],
    ['promises?roots=false', 'roots'],
    ['promises?cursor=x', 'cursor'],
    ['promises?prefix=a%00', 'NUL'],
    ['promises?colour=red', 'colour'],
    ['tasks?state=resolved', 'state'],
    ['graph/x?since=never', 'since'],
    ['graph/x?limit=2001', 'limit'],
    ['events?origin=', 'origin'],
  ])('answers a wrong query with a 400 that names the mistake: %s', async (path, named) => {
    const { status, body } = await ask('promises', path);
    expect([status, body['error']]).toEqual([400, expect.stringContaining(named)]);
  });

  test('serves its OpenAPI document', async () => {
    const { status, body } = await server.client.send({ path: '/admin/openapi.json', method: 'GET' });
    expect([status, JSON.parse(body)]).toMatchObject([200, { openapi: '3.1.0' }]);
  });
});
