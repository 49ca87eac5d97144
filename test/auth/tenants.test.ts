import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { ROUTES, type RouteName } from '@resonate/admin';
import { REQUESTS, type Kind } from '@resonate/protocol';
import { FAR_FUTURE } from '../http/state.ts';
import { freePort } from '../processes/free-port.ts';
import { until } from '../processes/until.ts';
import { apiPaths } from './api-paths.ts';
import { bearer, GuardedServer } from './guarded-server.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(180_000);

/**
 * Uses a tenant's token at every endpoint with another tenant's ids, cursors and addresses. Each endpoint has a row here:
 * a new endpoint without a row fails the test.
 */

/** This text is in all data of the other tenant, except the ids that the requests here name. So no answer may contain it. */
const HIDDEN = 'hidden-of-theirs';
const THEIRS = 'theirs/known';
const DASHBOARD = join(import.meta.dirname, '../../apps/dashboard/dist/index.html');
const WITHIN_MS = 60_000;
const ADDRESS_SECRET = `?token=${HIDDEN}`;

let server: GuardedServer;
let admin: string;
let mine: string;
let address: string;
let theirLetter: number;
let myLetter: number;
/** The admin's cursors end at the other tenant's promises. */
let adminCursor: string;

const admins = (kind: string, data: object) => server.ask(kind, data, admin);

async function adminGet<T>(path: string, token = admin): Promise<T> {
  const { status, body } = await server.client.send({ path, headers: bearer(token) });
  expect({ path, status }).toEqual({ path, status: 200 });
  return JSON.parse(body) as T;
}

beforeAll(async () => {
  server = await GuardedServer.start('--messages-max-attempts', '1', '--messages-circuit-failures', '10000');
  admin = server.token({ role: 'admin' });
  mine = server.token({ prefix: 'mine/' });
  // Nothing listens on this port.
  address = `http://127.0.0.1:${await freePort()}/hook${ADDRESS_SECRET}`;
  const param = { data: Buffer.from(HIDDEN).toString('base64') };
  const graph = { 'resonate:origin': 'mine/root', 'resonate:target': 'poll://any@nobody' };
  const create = (id: string, tags: Record<string, string> = {}) =>
    ['promise.create', { id, timeoutAt: FAR_FUTURE, param: id.startsWith('mine/') ? {} : param, tags }] as const;
  const requests: (readonly [string, object])[] = [
    create('mine/root', graph),
    create(THEIRS, { 'resonate:target': 'poll://any@nobody' }),
    create(`theirs/${HIDDEN}`),
    ['task.acquire', { id: 'mine/root', version: 0, pid: 'p', ttl: 60_000 }],
    ['promise.register_callback', { awaited: `theirs/${HIDDEN}`, awaiter: 'mine/root' }],
    ['promise.register_callback', { awaited: `theirs/${HIDDEN}`, awaiter: THEIRS }],
    ['schedule.create', { id: THEIRS, cron: '0 0 1 1 *', promiseId: `theirs/${HIDDEN}`, promiseTimeout: 1 }],
  ];
  // Promises of this tenant that wait for a promise of the other tenant, or failed because of one.
  const toNobody = { 'resonate:target': 'poll://any@nobody' };
  requests.push(
    create('mine/waits', toNobody),
    ['task.acquire', { id: 'mine/waits', version: 0, pid: 'p', ttl: 60_000 }],
    [
      'task.suspend',
      {
        id: 'mine/waits',
        version: 1,
        actions: [{ kind: 'promise.register_callback', data: { awaited: `theirs/${HIDDEN}`, awaiter: 'mine/waits' } }],
      },
    ],
    create('mine/failed'),
    create(`theirs/${HIDDEN}/failed`, { 'resonate:parent': 'mine/failed' }),
    ['promise.settle', { id: `theirs/${HIDDEN}/failed`, state: 'rejected', value: param }],
    ['promise.settle', { id: 'mine/failed', state: 'rejected', value: {} }],
  );
  for (const id of ['theirs/dead', 'mine/dead']) {
    requests.push(create(id));
    requests.push(['promise.register_listener', { awaited: id, address }]);
    requests.push(['promise.settle', { id, state: 'resolved', value: {} }]);
  }
  // The newest, so that pages of the other tenant's promises come first.
  for (let count = 0; count < 20; count++) requests.push(create(`theirs/${HIDDEN}/${count}`));
  for (const [kind, data] of requests) {
    expect({ kind, data, answer: await admins(kind, data) }).toMatchObject({ answer: { status: 200 } });
  }
  const letters = await until('both dead letters', 30_000, async () => {
    const { deadLetters } = await adminGet<{ deadLetters: { id: number; awaited: string }[] }>('/admin/dead-letters');
    return deadLetters.length === 2 && deadLetters;
  });
  theirLetter = letters.find(({ awaited }) => awaited === 'theirs/dead')?.id ?? 0;
  myLetter = letters.find(({ awaited }) => awaited === 'mine/dead')?.id ?? 0;
  const page = await adminGet<{ cursor: string }>('/admin/promises?limit=1');
  expect(page.cursor).toContain(HIDDEN);
  adminCursor = page.cursor;
});

afterAll(() => server?.dispose());

/** All data of the other tenant, as an admin sees it. */
async function theirState(): Promise<unknown> {
  const found = await Promise.all([
    admins('promise.search', { limit: 1000 }),
    admins('task.search', { limit: 1000 }),
    admins('schedule.search', { limit: 1000 }),
  ]);
  const letters = await adminGet<{ deadLetters: { awaited: string }[] }>('/admin/dead-letters');
  const own = (row: { id: string }) => row.id.startsWith('theirs/');
  return {
    found: found.map(({ data }) => Object.values(data as Record<string, { id: string }[]>)[0]?.filter(own)),
    letters: letters.deadLetters.filter(({ awaited }) => awaited === 'theirs/dead'),
  };
}

/** The text of an event stream of the admin API for the call graph `theirs`. */
class EventText {
  text = '';
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;

  private constructor(body: ReadableStream<Uint8Array>) {
    this.#reader = body.getReader();
    void this.#read();
  }

  static async open(token: string): Promise<EventText> {
    const answer = await fetch(`${server.process.url}/admin/events?origin=theirs`, { headers: bearer(token) });
    if (answer.status !== 200 || !answer.body) throw new Error(`GET /admin/events: ${answer.status}`);
    return new EventText(answer.body);
  }

  /** How many events with this cause have arrived. */
  count(cause: string): number {
    return this.text.split(`"cause":"${cause}"`).length - 1;
  }

  close(): Promise<void> {
    return this.#reader.cancel();
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    for (let chunk = await this.#reader.read(); !chunk.done; chunk = await this.#reader.read()) {
      this.text += decoder.decode(chunk.value, { stream: true });
    }
  }
}

function leaksNothing(answer: string): void {
  expect(answer).not.toContain(HIDDEN);
  expect(answer).not.toContain(Buffer.from(HIDDEN).toString('base64'));
}

const byId = [{ id: THEIRS }];
const versioned = { id: THEIRS, version: 1 };
const promise = { id: THEIRS, timeoutAt: FAR_FUTURE, tags: { 'resonate:target': 'poll://any@nobody' } };
const settled = { id: THEIRS, state: 'resolved', value: {} };
/** With any cursor, a search shows only data of the token's own tenant. */
const searches = [{}, { cursor: THEIRS }, { cursor: 'm' }, { limit: 1, cursor: 'mine/zzz' }];

/** The data that a tenant sends with each kind. All kinds except searches get 403. */
const KINDS: Record<Kind, object[]> = {
  'promise.get': byId,
  'promise.create': [promise],
  'promise.settle': [settled],
  'promise.register_callback': [{ awaited: THEIRS, awaiter: 'mine/root' }],
  'promise.register_listener': [{ awaited: THEIRS, address: 'http://127.0.0.1:1/mine' }],
  'promise.search': [...searches, { tags: { 'resonate:target': 'poll://any@nobody' } }],
  'task.get': byId,
  'task.create': [{ pid: 'p', ttl: 1000, action: { kind: 'promise.create', data: promise } }],
  'task.acquire': [{ ...versioned, version: 0, pid: 'p', ttl: 1000 }],
  'task.release': [versioned],
  'task.fulfill': [{ ...versioned, action: { kind: 'promise.settle', data: settled } }],
  'task.suspend': [
    {
      ...versioned,
      actions: [{ kind: 'promise.register_callback', data: { awaited: 'mine/root', awaiter: THEIRS } }],
    },
  ],
  'task.fence': [{ ...versioned, action: { kind: 'promise.settle', data: { ...settled, id: 'mine/x' } } }],
  'task.heartbeat': [
    { pid: 'p', tasks: [versioned] },
    { pid: 'p', tasks: [{ id: 'mine/root', version: 1 }, versioned] },
  ],
  'task.halt': byId,
  'task.continue': byId,
  'task.search': searches,
  'schedule.get': byId,
  'schedule.create': [{ id: 'mine/s', cron: '* * * * *', promiseId: THEIRS, promiseTimeout: 1 }],
  'schedule.update': [
    { id: 'mine/s', cron: '* * * * *', promiseId: THEIRS, promiseTimeout: 1 },
    { id: THEIRS, cron: '* * * * *', promiseId: 'mine/s', promiseTimeout: 1 },
  ],
  'schedule.delete': byId,
  'schedule.pause': byId,
  'schedule.resume': byId,
  'schedule.trigger': byId,
  'schedule.preview': byId,
  'schedule.search': searches,
  'debug.start': [{}],
  'debug.stop': [{}],
  'debug.reset': [{}],
  'debug.snap': [{}],
  'debug.tick': [{ time: 0 }],
};

/** The requests of a tenant to each endpoint below /admin, with the expected status. */
const ADMIN: Record<RouteName, () => { path: string; body?: object; status: number }[]> = {
  session: () => [{ path: '/admin/session', status: 200 }],
  overview: () => [{ path: '/admin/overview', status: 403 }],
  counts: () => [{ path: '/admin/counts', status: 200 }],
  promises: () =>
    ['', '?limit=1', '?prefix=theirs/', `?prefix=${encodeURIComponent(THEIRS)}`, '?state=pending&limit=1']
      .map((query) => ({ path: `/admin/promises${query}`, status: 200 }))
      .concat([{ path: `/admin/promises?cursor=${encodeURIComponent(adminCursor)}`, status: 400 }]),
  promise: () => [
    { path: `/admin/promises/${encodeURIComponent(THEIRS)}`, status: 404 },
    { path: `/admin/promises/${encodeURIComponent('mine/root')}`, status: 200 },
    { path: `/admin/promises/${encodeURIComponent('mine/dead')}`, status: 200 },
  ],
  why: () => [
    { path: `/admin/promises/${encodeURIComponent(THEIRS)}/why`, status: 404 },
    { path: `/admin/promises/${encodeURIComponent('mine/root')}/why`, status: 200 },
    { path: `/admin/promises/${encodeURIComponent('mine/waits')}/why`, status: 200 },
    { path: `/admin/promises/${encodeURIComponent('mine/dead')}/why`, status: 200 },
    { path: `/admin/promises/${encodeURIComponent('mine/failed')}/why`, status: 200 },
  ],
  scheduleWhy: () => [{ path: `/admin/schedules/${encodeURIComponent(THEIRS)}/why`, status: 404 }],
  graph: () => [
    { path: `/admin/graph/${encodeURIComponent(THEIRS)}`, status: 404 },
    { path: `/admin/graph/${encodeURIComponent('mine/root')}`, status: 200 },
    { path: `/admin/graph/${encodeURIComponent('mine/root')}?after=theirs&since=0`, status: 200 },
  ],
  tasks: () =>
    ['', '?limit=1', '?prefix=theirs/', '?state=pending']
      .map((query) => ({ path: `/admin/tasks${query}`, status: 200 }))
      .concat([{ path: `/admin/tasks?cursor=${encodeURIComponent(adminCursor)}`, status: 400 }]),
  deliverTask: () => [{ path: `/admin/tasks/${encodeURIComponent(THEIRS)}/deliver`, body: {}, status: 404 }],
  deadLetters: () =>
    ['', '?prefix=theirs/', `?cursor=${theirLetter - 1}`, `?target=${encodeURIComponent(new URL(address).origin)}`].map(
      (query) => ({ path: `/admin/dead-letters${query}`, status: 200 }),
    ),
  deadLetter: () => [
    { path: `/admin/dead-letters/${theirLetter}`, status: 404 },
    { path: `/admin/dead-letters/${myLetter}`, status: 200 },
  ],
  redriveDeadLetters: () => [{ path: '/admin/dead-letters/redrive', body: { ids: [theirLetter] }, status: 200 }],
  dropDeadLetters: () => [{ path: '/admin/dead-letters/drop', body: { ids: [theirLetter] }, status: 200 }],
  jobs: () => [{ path: '/admin/jobs', status: 403 }],
  orderRedrive: () => [
    {
      path: '/admin/jobs/redrive',
      body: { target: new URL('http://127.0.0.1:1').origin, transport: 'http' },
      status: 200,
    },
  ],
  redriveOrder: () => [{ path: '/admin/jobs/redrive/of-another', status: 404 }],
  cron: () => [{ path: '/admin/cron?cron=%40daily', status: 200 }],
  events: () => [],
};

/** Every other path, by its pattern: the requests of a tenant with its own groups, with the expected status. */
const PATHS: Record<string, [path: string, status: number][]> = {
  '/.*/': [],
  '/health': [['/health', 200]],
  '/ready': [['/ready', 200]],
  '/cluster': [['/cluster', 403]],
  '/admin/openapi.json': [['/admin/openapi.json', 200]],
  [String(/^\/+poll\/([^/]+)\/([^/]+)$/)]: [['/poll/theirs/worker', 403]],
  // A request with an upgrade passes the same check as /poll: test/http/websocket.test.ts.
  [String(/^\/+connect\/([^/]+)\/([^/]+)$/)]: [['/connect/theirs/worker', 426]],
  '/': [['/', 404]],
  [String(/^\/(promises|schedules|tasks)(\/.*)?$/)]: [[`/promises/${encodeURIComponent(THEIRS)}`, 410]],
  nothing: [
    ['/mcp', 404],
    // If the dashboard is built: its page, as for every path below /ui that names no file.
    ['/ui/..%2fadmin/promises', existsSync(DASHBOARD) ? 200 : 404],
  ],
};

test('there is a row for every endpoint', async () => {
  expect(Object.keys(KINDS).sort()).toEqual(Object.keys(REQUESTS).sort());
  expect(Object.keys(ADMIN).sort()).toEqual(Object.keys(ROUTES).sort());
  const paths = Object.keys(PATHS).filter((path) => path !== 'nothing');
  expect(paths.sort()).toEqual(await apiPaths());
});

describe('a tenant gets no data of another tenant', () => {
  let before: unknown;
  beforeAll(async () => {
    before = await theirState();
  });
  const nothingChanged = async () => expect(await theirState()).toEqual(before);

  test.each(Object.entries(KINDS))('with %s', async (kind, attempts) => {
    for (const data of attempts) {
      const answer = await server.ask(kind, data, mine);
      leaksNothing(JSON.stringify(answer));
      if (kind.endsWith('.search')) {
        expect(answer.status).toBe(200);
        expect(JSON.stringify(answer.data)).not.toContain('"id":"theirs/');
      } else {
        expect({ data, answer }).toEqual({ data, answer: { ...answer, status: 403, data: 'Forbidden' } });
      }
    }
    await nothingChanged();
  });

  test.each(Object.entries(ADMIN))('with /admin: %s', async (name, attempts) => {
    const { method } = ROUTES[name as RouteName];
    for (const { path, body, status } of attempts()) {
      const answer = await server.client.send({
        method,
        path,
        headers: { 'content-type': 'application/json', ...bearer(mine) },
        ...(body && { body: JSON.stringify(body) }),
      });
      expect({ path, status: answer.status, body: answer.body }).toEqual({ path, status, body: answer.body });
      leaksNothing(answer.body);
      expect(answer.body).not.toContain('theirs/');
    }
    await nothingChanged();
  });

  test.each(Object.entries(PATHS))('at the path %s', async (_pattern, attempts) => {
    const token = server.token({ prefix: 'mine/', groups: ['mine'] });
    for (const [path, status] of attempts) {
      const answer = await server.client.send({ path, headers: bearer(token) });
      expect({ path, status: answer.status }).toEqual({ path, status });
      leaksNothing(answer.body);
    }
    await nothingChanged();
  });

  test('in events, which say only that something has changed', async () => {
    const [ofMine, ofAll] = [await EventText.open(mine), await EventText.open(admin)];
    await admins('promise.create', { id: `theirs/${HIDDEN}/news`, timeoutAt: FAR_FUTURE });
    // The server tells all streams of a commit at once. So an event of the commit would be before the next tick.
    await until('the commit', WITHIN_MS, () => ofAll.count('commit') > 0);
    const ticks = ofMine.count('tick');
    await until('a later tick', WITHIN_MS, () => ofMine.count('tick') > ticks);
    for (const stream of [ofMine, ofAll]) await stream.close();
    for (const [, data = ''] of ofMine.text.matchAll(/^data: (.*)$/gm)) {
      expect(data).toMatch(/^\{"at":\d+,"cause":"(tick|hint)"\}$/);
    }
    leaksNothing(ofMine.text);
  });
});

test('a tenant can read all pages with the cursors of its answers, and no other tenant can use these cursors', async () => {
  const other = server.token({ prefix: 'min' });
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const query = `limit=1${cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
    const page = await adminGet<{ promises: { id: string }[]; cursor?: string }>(`/admin/promises?${query}`, mine);
    seen.push(...page.promises.map(({ id }) => id));
    cursor = page.cursor;
    if (cursor !== undefined) {
      const stolen = await server.client.send({
        path: `/admin/promises?cursor=${encodeURIComponent(cursor)}`,
        headers: bearer(other),
      });
      expect(stolen.status).toBe(400);
    }
  } while (cursor !== undefined);
  expect(seen).toEqual(['mine/dead', 'mine/failed', 'mine/waits', 'mine/root']);
});

test('a promise that names a promise of another tenant as its caller gets no data of it', async () => {
  await server.ask(
    'promise.create',
    { id: 'mine/step', timeoutAt: FAR_FUTURE, tags: { 'resonate:branch': THEIRS } },
    mine,
  );
  const whyOf = (id: string, token: string) =>
    adminGet<{ cause: string }>(`/admin/promises/${encodeURIComponent(id)}/why`, token);
  expect(await whyOf('mine/step', admin)).toMatchObject({ cause: 'no_worker', promise: THEIRS });
  const told = await whyOf('mine/step', mine);
  expect(told).toMatchObject({ cause: 'hidden' });
  expect(JSON.stringify(told)).not.toContain('theirs/');
  expect(await whyOf('mine/waits', mine)).toMatchObject({ cause: 'hidden' });
});
