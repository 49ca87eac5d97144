import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { ROUTES, type Route, type RouteName } from '@resonate/admin';
import { REQUESTS, type Kind } from '@resonate/protocol';
import { expiring, Signer } from '../../apps/api/src/auth/issuer.fixture.ts';
import { WorkerSocket } from '../processes/worker-socket.ts';
import { bearer, GuardedServer, type Place } from './guarded-server.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(180_000);

/** Sends every kind of request, and a request to every endpoint, with every sort of token. */

let server: GuardedServer;
let tokens: Record<string, string | undefined>;

beforeAll(async () => {
  server = await GuardedServer.start('--debug');
  tokens = {
    'no token': undefined,
    'an empty token': '',
    "a stranger's token": server.token({ role: 'admin' }, new Signer()),
    'an expired token': server.token({ role: 'admin', exp: expiring(-100) }),
    "another issuer's token": server.token({ role: 'admin', iss: 'https://other.example.com' }),
    'a token without a prefix': server.token({ role: 'user' }),
    'a token whose prefix is null': server.token({ prefix: null }),
    'a token whose prefix is a list': server.token({ prefix: ['mine/'] }),
    'a fitting prefix': server.token({ prefix: 'mine/' }),
    'the whole id as prefix': server.token({ prefix: 'mine/x' }),
    'a foreign prefix': server.token({ prefix: 'theirs/' }),
    'a prefix longer than the id': server.token({ prefix: 'mine/xx' }),
    'a prefix in other case': server.token({ prefix: 'MINE/' }),
    'an empty prefix': server.token({ prefix: '' }),
    'an admin': server.token({ role: 'admin' }),
    'an Admin with a foreign prefix': server.token({ role: 'Admin', prefix: 'theirs/' }),
  };
});

afterAll(() => server?.dispose());

const REFUSED = ['no token', 'an empty token', "a stranger's token", 'an expired token', "another issuer's token"];
const POWERLESS = ['a token without a prefix', 'a token whose prefix is null', 'a token whose prefix is a list'];
const FITTING = ['a fitting prefix', 'the whole id as prefix'];
const FOREIGN = ['a foreign prefix', 'a prefix longer than the id', 'a prefix in other case'];
const FOR_ALL = ['an empty prefix', 'an admin', 'an Admin with a foreign prefix'];

const versioned = { id: 'mine/x', version: 7 };
const creation = { id: 'mine/x', timeoutAt: 9e12, tags: { 'resonate:target': 'poll://any@g' } };

/** `own`: concerns the id mine/x. `all`: concerns no id, so it needs all rights. `search`: tokens with any prefix may send it. */
const KINDS: Record<Kind, [about: 'own' | 'all' | 'search', data: object]> = {
  'promise.get': ['own', { id: 'mine/x' }],
  'promise.create': ['own', creation],
  'promise.settle': ['own', { id: 'mine/x', state: 'resolved' }],
  'promise.register_callback': ['own', { awaited: 'mine/x', awaiter: 'else' }],
  'promise.register_listener': ['own', { awaited: 'mine/x', address: 'poll://any@g' }],
  'promise.search': ['search', {}],
  'task.get': ['own', { id: 'mine/x' }],
  'task.create': ['own', { pid: 'p', ttl: 1_000, action: { kind: 'promise.create', data: creation } }],
  'task.acquire': ['own', { ...versioned, pid: 'p', ttl: 1_000 }],
  'task.release': ['own', versioned],
  'task.fulfill': [
    'own',
    { ...versioned, action: { kind: 'promise.settle', data: { id: 'mine/x', state: 'resolved' } } },
  ],
  'task.suspend': [
    'own',
    { ...versioned, actions: [{ kind: 'promise.register_callback', data: { awaited: 'else', awaiter: 'mine/x' } }] },
  ],
  'task.fence': ['own', { ...versioned, action: { kind: 'promise.settle', data: { id: 'else', state: 'resolved' } } }],
  'task.heartbeat': ['own', { pid: 'p', tasks: [versioned] }],
  'task.halt': ['own', { id: 'mine/x' }],
  'task.continue': ['own', { id: 'mine/x' }],
  'task.search': ['search', {}],
  'schedule.get': ['own', { id: 'mine/x' }],
  'schedule.create': ['own', { id: 'mine/x', cron: '0 0 1 1 *', promiseId: 'mine/x', promiseTimeout: 1 }],
  'schedule.update': ['own', { id: 'mine/x', cron: '0 0 1 1 *', promiseId: 'mine/x', promiseTimeout: 1 }],
  'schedule.delete': ['own', { id: 'mine/x' }],
  'schedule.pause': ['own', { id: 'mine/x' }],
  'schedule.resume': ['own', { id: 'mine/x' }],
  'schedule.trigger': ['own', { id: 'mine/x' }],
  'schedule.preview': ['own', { id: 'mine/x' }],
  'schedule.search': ['search', {}],
  'debug.start': ['all', {}],
  'debug.stop': ['all', {}],
  'debug.reset': ['all', {}],
  'debug.snap': ['all', {}],
  'debug.tick': ['all', { time: 0 }],
};

test('the matrix has every kind of the protocol', () => {
  expect(Object.keys(KINDS).sort()).toEqual(Object.keys(REQUESTS).sort());
});

type Verdict = 401 | 403 | 'passes';

function verdict(status: number): Verdict {
  return status === 401 || status === 403 ? status : 'passes';
}

function expected(about: 'own' | 'all' | 'search'): Record<string, Verdict> {
  const each = (names: string[], is: Verdict) => Object.fromEntries(names.map((name) => [name, is]));
  return {
    ...each(REFUSED, 401),
    ...each(POWERLESS, 403),
    ...each(FITTING, about === 'all' ? 403 : 'passes'),
    ...each(FOREIGN, about === 'search' ? 'passes' : 403),
    ...each(FOR_ALL, 'passes'),
  };
}

async function verdicts(ask: (token: string | undefined) => Promise<number>): Promise<Record<string, Verdict>> {
  const all: Record<string, Verdict> = {};
  for (const [name, token] of Object.entries(tokens)) all[name] = verdict(await ask(token));
  return all;
}

describe.each<Place>(['head', 'header'])('with the token in the %s', (place) => {
  test.each(Object.entries(KINDS))('%s', async (kind, [about, data]) => {
    const answers = await verdicts(async (token) => (await server.ask(kind, data, token, place)).status);
    expect(answers).toEqual(expected(about));
  });

  test('an unknown kind gets a 400 only for tokens with all rights; others get a 403', async () => {
    const answers = await verdicts(async (token) => (await server.ask('promise.burn', {}, token, place)).status);
    expect(answers).toEqual(expected('all'));
    expect(await server.ask('promise.burn', {}, tokens['an admin'], place)).toMatchObject({ status: 400 });
  });
});

describe('over a WebSocket', () => {
  test('the token in the head of a request counts, not that of the connection', async () => {
    const socket = await WorkerSocket.open(server.process.url, '/connect/g/a', bearer(tokens['an admin']));
    for (const [kind, [about, data]] of Object.entries(KINDS)) {
      // Without a token of its own, a request uses that of the connection.
      const { 'no token': none, ...answers } = await verdicts(
        async (auth) => (await socket.ask(kind, data, auth === undefined ? {} : { auth })).head.status,
      );
      expect([kind, { 'no token': 401, ...answers }]).toEqual([kind, expected(about)]);
      expect([kind, none]).toEqual([kind, 'passes']);
    }
    await socket.close();
  });

  test('a request without a token uses the token of the connection', async () => {
    const socket = await WorkerSocket.open(server.process.url, '/connect/g/b', bearer(tokens['a fitting prefix']));
    expect((await socket.ask('promise.get', { id: 'mine/x' })).head.status).not.toBe(403);
    expect((await socket.ask('promise.get', { id: 'theirs/x' })).head.status).toBe(403);
    await socket.close();
  });
});

test('the prefix must match every task that a heartbeat names', async () => {
  const beat = async (...ids: string[]) => {
    const tasks = ids.map((id) => ({ id, version: 1 }));
    return (await server.ask('task.heartbeat', { pid: 'p', tasks }, tokens['a fitting prefix'])).status;
  };
  expect([await beat(), await beat('mine/a', 'mine/b'), await beat('mine/a', 'theirs/b')]).toEqual([200, 200, 403]);
});

test.each([{}, { id: 7 }, { id: null }, { id: ['mine/x'] }, { id: { x: 1 } }])(
  'data without an id (%j) gets a 400 for every token',
  async (data) => {
    for (const name of ['a fitting prefix', 'an admin']) {
      expect(await server.ask('promise.get', data, tokens[name])).toMatchObject({ status: 400 });
    }
  },
);

test('the answer to a refused request has no data but the reason', async () => {
  expect(await server.ask('promise.get', { id: 'mine/x' })).toMatchObject({
    kind: 'promise.get',
    status: 401,
    data: 'Unauthorized',
  });
  const foreign = await server.ask('promise.get', { id: 'mine/x' }, tokens['a foreign prefix']);
  expect(foreign).toMatchObject({ kind: 'promise.get', status: 403, data: 'Forbidden' });
});

test('the token in the head is used, even if the header has one too', async () => {
  const body = (auth: string | undefined) =>
    JSON.stringify({ kind: 'promise.get', head: { corrId: '1', version: '2026-04-01', auth }, data: { id: 'mine/x' } });
  const header = { authorization: `Bearer ${tokens['an admin']}` };
  expect((await server.client.post(body(tokens["a stranger's token"]), header)).status).toBe(401);
  expect((await server.client.post(body(''), header)).status).toBe(401);
  expect((await server.client.post(body(undefined), header)).status).not.toBe(401);
});

test('a malformed envelope gets a 400 even without a token', async () => {
  expect(await server.client.post('{}')).toMatchObject({ status: 400 });
});

describe('GET', () => {
  const OPEN = Object.fromEntries([...FITTING, ...FOREIGN, ...FOR_ALL, ...POWERLESS].map((name) => [name, 'passes']));

  test('/poll needs a valid token with any prefix', async () => {
    const answers = await verdicts((token) => server.status('/poll/g/a', token));
    expect(answers).toEqual({ ...OPEN, ...Object.fromEntries(REFUSED.map((name) => [name, 401])) });
  });

  test('/cluster needs a token with all rights', async () => {
    expect(await verdicts((token) => server.status('/cluster', token))).toEqual(expected('all'));
  });

  test.each(['/health', '/ready'])('%s needs no token', async (path) => {
    for (const token of Object.values(tokens)) expect(await server.status(path, token)).toBe(200);
  });

  test.each([
    ['/promises', 410],
    ['/nothing', 404],
  ])('%s gets %i without a token', async (path, status) => {
    expect(await server.status(path)).toBe(status);
  });

  test('/metrics, on its own port, needs no token', async () => {
    expect((await fetch(server.process.metricsUrl)).status).toBe(200);
  });
});

/**
 * `own`: concerns the id mine/x; tokens with another prefix get a 404. `list`: each prefix sees its own rows. `none`:
 * concerns an object that does not exist. `all`: only tokens with all rights.
 */
const ADMIN: Record<RouteName, [about: 'own' | 'list' | 'none' | 'all', id: string, body?: object]> = {
  session: ['list', ''],
  overview: ['all', ''],
  counts: ['list', ''],
  promises: ['list', ''],
  promise: ['own', 'mine/x'],
  why: ['own', 'mine/x'],
  scheduleWhy: ['none', 'mine/none'],
  graph: ['own', 'mine/x'],
  tasks: ['list', ''],
  deliverTask: ['own', 'mine/x'],
  deadLetters: ['list', ''],
  deadLetter: ['none', '7'],
  redriveDeadLetters: ['list', '', { all: true }],
  dropDeadLetters: ['list', '', { all: true }],
  jobs: ['all', ''],
  orderRedrive: ['list', '', { all: true }],
  redriveOrder: ['none', 'none'],
  cron: ['list', ''],
  events: ['list', ''],
};

/** Query parameters that an endpoint requires. */
const QUERIES: Partial<Record<RouteName, string>> = { cron: '?cron=%40daily' };

describe('below /admin', () => {
  beforeAll(async () => {
    expect(await server.ask('promise.create', creation, tokens['an admin'])).toMatchObject({ status: 200 });
  });

  test('the matrix has every endpoint', () => {
    expect(Object.keys(ADMIN).sort()).toEqual(Object.keys(ROUTES).sort());
  });

  test.each(Object.entries(ADMIN))('%s', async (name, [about, id, body]) => {
    const route: Route = ROUTES[name as RouteName];
    const url = `${server.process.url}${route.path.replace(':id', encodeURIComponent(id))}${QUERIES[name as RouteName] ?? ''}`;
    const answers: Record<string, Verdict | 'is not there'> = {};
    for (const [who, token] of Object.entries(tokens)) {
      const ending = new AbortController();
      const headers = { ...bearer(token), 'content-type': 'application/json' };
      const sent = { method: route.method, headers, signal: ending.signal };
      const { status } = await fetch(url, { ...sent, ...(body && { body: JSON.stringify(body) }) });
      ending.abort();
      expect([200, 401, 403, 404, 409]).toContain(status);
      answers[who] = status === 404 ? 'is not there' : verdict(status);
    }
    const is = (names: string[], verdictOf: Verdict | 'is not there') =>
      Object.fromEntries(names.map((who) => [who, verdictOf]));
    const sees = about === 'none' ? 'is not there' : 'passes';
    const foreign = { own: 'is not there', list: 'passes', none: 'is not there', all: 403 } as const;
    expect(answers).toEqual({
      ...is(REFUSED, 401),
      ...is(POWERLESS, 403),
      ...is(FITTING, about === 'all' ? 403 : sees),
      ...is(FOREIGN, foreign[about]),
      ...is(FOR_ALL, sees),
    });
  });

  test('the OpenAPI document needs no token', async () => {
    for (const token of Object.values(tokens)) expect(await server.status('/admin/openapi.json', token)).toBe(200);
  });
});
