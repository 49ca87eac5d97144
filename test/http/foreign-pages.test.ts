import { hostname, networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { GuardedServer } from '../auth/guarded-server.ts';
import { HttpClient, type HttpAnswer } from '../processes/http-client.ts';
import { ServerProcess } from '../processes/server-process.ts';
import { RawConnection, requestBytes, statuses } from './raw-connection.ts';
import { FAR_FUTURE } from './state.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(180_000);

/** A page of another site cannot use a server that its user's browser can reach. */

const EVIL = 'https://evil.example.com';

interface Attempt {
  name: string;
  method: string;
  path: string;
  body?: string;
}

function creation(id: string): string {
  return JSON.stringify({
    kind: 'promise.create',
    head: { corrId: id, version: '2026-04-01' },
    data: { id, timeoutAt: FAR_FUTURE },
  });
}

/** A request to each endpoint that a malicious page may try. */
const ATTEMPTS: Attempt[] = [
  { name: 'a request of the protocol', method: 'POST', path: '/', body: creation('foreign') },
  { name: 'a request of the protocol with a query', method: 'POST', path: '/?x', body: creation('foreign') },
  { name: 'a worker stream', method: 'GET', path: '/poll/g/page' },
  { name: 'the admin API', method: 'GET', path: '/admin/promises' },
  { name: 'an event stream of the admin API', method: 'GET', path: '/admin/events' },
  { name: 'a change through the admin API', method: 'POST', path: '/admin/dead-letters/drop', body: '{"all":true}' },
  { name: 'the dashboard', method: 'GET', path: '/ui/' },
  { name: 'the cluster', method: 'GET', path: '/cluster' },
  { name: 'tools for agents', method: 'POST', path: '/mcp', body: '{}' },
  { name: 'a path that does not exist', method: 'GET', path: '/nothing' },
];

const address = Object.values(networkInterfaces())
  .flatMap((list) => list ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

let server: ServerProcess;
let client: HttpClient;

async function start(...args: string[]): Promise<void> {
  server = await ServerProcess.start({ command: 'dev', args });
  client = new HttpClient(server.url);
}

async function stop(): Promise<void> {
  client?.close();
  await server?.dispose();
}

function attempt({ method, path, body }: Attempt, headers: Record<string, string>): Promise<HttpAnswer> {
  return client.send({
    method,
    path,
    ...(body !== undefined && { body }),
    headers: { 'content-type': 'text/plain', ...headers },
  });
}

async function statusOfForeign(): Promise<number> {
  return (await client.rpc('promise.get', { id: 'foreign' })).status;
}

describe('a server without authentication', () => {
  beforeAll(() => start('--server-url', 'https://resonate.example.com/base'));
  afterAll(stop);

  test.each(ATTEMPTS)('$name is refused for a page of another origin', async (one) => {
    for (const origin of [EVIL, 'null', 'http://localhost:3000', 'http://127.0.0.1', 'http://resonate.example.com']) {
      const answer = await attempt(one, { origin });
      expect({ origin, status: answer.status }).toEqual({ origin, status: 403 });
      expect(answer.body).toContain('server.cors.allow_origins');
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    }
    expect(await statusOfForeign()).toBe(404);
  });

  test.each(ATTEMPTS)('$name is refused for images and scripts of such a page, which send no origin', async (one) => {
    for (const site of ['cross-site', 'same-site']) {
      const headers = { 'sec-fetch-site': site, 'sec-fetch-mode': 'no-cors' };
      expect(await attempt(one, headers)).toMatchObject({ status: 403 });
    }
    expect(await statusOfForeign()).toBe(404);
  });

  test.each(ATTEMPTS)('$name is refused if the host is not a name of this machine', async (one) => {
    const port = new URL(server.url).port;
    for (const host of [
      `rebound.example.com:${port}`,
      'example.com',
      'localhost.example.com',
      '127.0.0.1.example.com',
      '203.0.113.7',
      '[2001:db8::7]',
    ]) {
      // After DNS rebinding, a page has the same origin as the server. Only the host name shows the attack.
      const answer = await attempt(one, { host, origin: `http://${host}` });
      expect({ host, status: answer.status }).toEqual({ host, status: 403 });
      expect(answer.body).toContain('server.allowed_hosts');
      expect((await attempt(one, { host })).status).toBe(403);
    }
    expect(await statusOfForeign()).toBe(404);
  });

  test('a preflight request of another origin allows nothing', async () => {
    const headers = { origin: EVIL, 'access-control-request-method': 'POST' };
    const answer = await client.send({ method: 'OPTIONS', path: '/', headers });
    expect(answer.status).toBe(403);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  test('a WebSocket is refused too', async () => {
    const upgrade = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
    const key = { 'sec-websocket-key': 'x3JJHMbDL1EzLkh9GBhXDw==' };
    const status = async (headers: Record<string, string>) => {
      const raw = await RawConnection.open(server.url);
      await raw.write(requestBytes('GET', '/connect/g/page', { ...upgrade, ...key, ...headers }));
      const text = await raw.until('an answer', (received) => received.includes('\r\n\r\n'));
      raw.close();
      return statuses(text)[0];
    };
    expect(await status({ origin: EVIL })).toBe(403);
    expect(await status({ host: 'rebound.example.com', origin: 'http://rebound.example.com' })).toBe(403);
    expect(await status({ origin: 'http://localhost' })).toBe(101);
    expect(await status({})).toBe(101);
  });

  test.each(['/health', '/ready'])('%s answers every request', async (path) => {
    const answer = await client.send({ path, headers: { origin: EVIL, host: 'rebound.example.com' } });
    expect(answer.status).toBe(200);
  });

  test('metrics, on their own port, answer every request', async () => {
    expect((await fetch(server.metricsUrl, { headers: { origin: EVIL } })).status).toBe(200);
  });

  const own = [
    'localhost',
    'LOCALHOST',
    'localhost.',
    'app.localhost',
    '127.0.0.1',
    '127.9.9.9',
    '[::1]',
    hostname(),
    'resonate.example.com',
    ...(address === undefined ? [] : [address]),
  ];
  test.each(own)('%s is a name of this machine, with any port and with none', async (name) => {
    for (const host of [name, `${name}:8001`]) {
      expect(await client.send({ path: '/cluster', headers: { host } })).toMatchObject({ status: 200 });
    }
  });

  test.each([
    ['its own page', { host: 'localhost:8001', origin: 'http://localhost:8001' }],
    ['its own page behind TLS', { host: 'localhost:8001', origin: 'https://localhost:8001' }],
    [
      'the page of server.url, even if a proxy changes the host',
      { host: '127.0.0.1', origin: 'https://resonate.example.com' },
    ],
    ['a request that the browser marks as same-origin', { 'sec-fetch-site': 'same-origin' }],
    ['an address typed by the user', { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' }],
    ['a client that is not a browser', {}],
  ])('%s may call it', async (_name, headers: Record<string, string>) => {
    expect(await client.send({ path: '/cluster', headers })).toMatchObject({ status: 200 });
  });

  test('a link of another site opens the dashboard and nothing else', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', accept: 'text/html' };
    expect(await client.send({ path: '/', headers })).toMatchObject({ status: 302 });
    expect((await client.send({ path: '/ui/', headers })).status).not.toBe(403);
    for (const path of ['/poll/g/page', '/admin/promises', '/uix', '/cluster']) {
      expect(await client.send({ path, headers })).toMatchObject({ status: 403 });
    }
  });

  test('a refused body is not read, and its connection is closed', async () => {
    const raw = await RawConnection.open(server.url);
    await raw.write(requestBytes('POST', '/', { origin: EVIL, 'content-length': '1000000', expect: '100-continue' }));
    const text = await raw.until('the refusal', (received) => received.includes('allow_origins'));
    expect(statuses(text)).toEqual([403]);
    expect(text).toMatch(/^connection: close\r$/im);
    raw.close();
  });

  test.each(['GET /ready', 'POST /', 'GET /admin/promises', 'GET /ui/'])('%s with two hosts is a 400', async (line) => {
    const [method = '', path = ''] = line.split(' ');
    for (const second of ['localhost', 'other.example.com']) {
      const raw = await RawConnection.open(server.url);
      const body = method === 'POST' ? creation('foreign') : '';
      await raw.write(requestBytes(method, path, { host: 'localhost', Host: second }, body));
      const text = await raw.until('the refusal', (received) => received.includes('one Host'));
      expect(statuses(text)).toEqual([400]);
      raw.close();
    }
    expect(await statusOfForeign()).toBe(404);
  });
});

describe('a server without authentication and with server.allowed_hosts', () => {
  beforeAll(() =>
    start(
      '--server-allowed-hosts',
      'resonate-api',
      '--server-allowed-hosts',
      '*.svc.cluster.local',
      '--server-cors-allow-origins',
      'https://App.example.com',
    ),
  );
  afterAll(stop);

  test.each([
    ['resonate-api', 200],
    ['RESONATE-API.:8001', 200],
    ['resonate-api.default.svc.cluster.local:8001', 200],
    ['svc.cluster.local', 403],
    ['evilsvc.cluster.local', 403],
    ['resonate-api.example.com', 403],
  ])('%s is answered with %i', async (host, status) => {
    expect(await client.send({ path: '/cluster', headers: { host } })).toMatchObject({ status });
  });

  test('an allowed origin may send requests', async () => {
    const headers = { origin: 'https://app.example.com' };
    expect(await client.send({ method: 'POST', body: creation('allowed'), headers })).toMatchObject({ status: 200 });
    expect(await client.send({ path: '/cluster', headers: { origin: EVIL } })).toMatchObject({ status: 403 });
  });
});

describe('with * in server.allowed_hosts', () => {
  beforeAll(() => start('--server-allowed-hosts', '*'));
  afterAll(stop);

  test('any host name is accepted, and origins are compared with it', async () => {
    const host = 'any.example.com';
    expect(await client.send({ path: '/cluster', headers: { host } })).toMatchObject({ status: 200 });
    expect(await client.send({ path: '/cluster', headers: { host, origin: EVIL } })).toMatchObject({ status: 403 });
  });
});

describe('a server with authentication', () => {
  let guarded: GuardedServer;
  beforeAll(async () => {
    guarded = await GuardedServer.start();
  });
  afterAll(() => guarded?.dispose());

  test('accepts any host name, because a page without a token can do nothing, and refuses foreign origins', async () => {
    const authorization = `Bearer ${guarded.token({ role: 'admin' })}`;
    const status = async (headers: Record<string, string>) =>
      (await guarded.client.send({ path: '/cluster', headers: { authorization, ...headers } })).status;
    expect(await status({ host: 'any.example.com' })).toBe(200);
    expect(await status({ host: 'any.example.com', origin: EVIL })).toBe(403);
    expect(await status({ host: 'any.example.com', origin: 'https://any.example.com' })).toBe(200);
  });
});
