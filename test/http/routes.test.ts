import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { EventStream } from '../processes/event-stream.ts';
import { HttpClient, openAnswer } from '../processes/http-client.ts';
import { ServerProcess } from '../processes/server-process.ts';
import { until } from '../processes/until.ts';
import { RawConnection, requestBytes } from './raw-connection.ts';
import { FAR_FUTURE } from './state.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(180_000);

/** Which paths exist besides the RPC route. */

const REQUEST = JSON.stringify({
  kind: 'promise.get',
  head: { corrId: '1', version: '2026-04-01' },
  data: { id: 'a' },
});

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

describe('paths and methods', () => {
  beforeAll(() => start('--transports-http-poll-max-connections', '3'));
  afterAll(stop);

  test.each(['/', '/?any=query'])('POST %s is the RPC route', async (path) => {
    const answer = await client.send({ method: 'POST', path, body: REQUEST });
    expect(openAnswer(answer)).toMatchObject({ status: 404, kind: 'promise.get', corrId: '1' });
  });

  test('POST with a whole URL as its target, as clients send it to a proxy, is the RPC route', async () => {
    const raw = await RawConnection.open(server.url);
    await raw.write(requestBytes('POST', `${server.url}/`, {}, REQUEST));
    expect(await raw.until('the answer', (text) => text.endsWith('}'))).toContain('"kind":"promise.get"');
    raw.close();
  });

  test.each([
    ['PUT', '/'],
    ['DELETE', '/'],
    ['PATCH', '/'],
    ['POST', '/nothing'],
    ['GET', '/nothing'],
    ['GET', '/%zz'],
    ['GET', '/metrics'],
    ['POST', '/health'],
    ['DELETE', '/ready'],
    ['POST', '/poll/g/a'],
    ['GET', '/poll'],
    ['GET', '/poll/g'],
    ['GET', '/poll/g/'],
    ['GET', '/poll//a'],
    ['GET', '/poll/g/a/b'],
    ['GET', '/schedulesx'],
  ])('%s %s is not found', async (method, path) => {
    const { status, body } = await client.send({ method, path, body: method === 'GET' ? '' : REQUEST });
    expect({ status, body: JSON.parse(body) as unknown }).toEqual({ status: 404, body: { error: expect.any(String) } });
  });

  const LEGACY = ['promises', 'schedules', 'tasks'].flatMap((name) => [`/${name}`, `/${name}/`, `/${name}/a/b?c=d`]);

  test.each(LEGACY.flatMap((path) => ['GET', 'POST', 'PATCH', 'DELETE'].map((method) => [method, path] as const)))(
    '%s %s is gone',
    async (method, path) => {
      const { status, body } = await client.send({ method, path, body: method === 'GET' ? '' : '{}' });
      expect({ status, body: JSON.parse(body) as unknown }).toEqual({
        status: 410,
        body: { error: expect.any(String) },
      });
    },
  );

  test.each(['/health', '/ready'])('GET %s answers 200, and so does HEAD without a body', async (path) => {
    const get = await client.send({ path });
    expect(get.status).toBe(200);
    expect(JSON.parse(get.body)).toEqual({ status: expect.any(String) });
    const head = await client.send({ method: 'HEAD', path });
    expect({ status: head.status, body: head.body }).toEqual({ status: 200, body: '' });
  });

  test('the path of a stream may begin with two slashes, as SDKs send it for a base URL that ends in one', async () => {
    const stream = await EventStream.open(server.url, '//poll/g/double');
    await client.rpc('promise.create', target('double', 'poll://uni@g/double'));
    expect(await stream.next()).toMatchObject({ kind: 'execute', data: { task: { id: 'double' } } });
    stream.break();
  });

  test('group and id of a stream may be percent-encoded, and so may those of an address', async () => {
    const stream = await EventStream.open(server.url, '/poll/gr%2F%C3%BC/a%20%25b');
    for (const address of ['poll://uni@gr%2Fü/a%20%25b', 'poll://any@gr%2F%c3%bc', 'poll://any@gr%2Fü/other']) {
      await client.rpc('promise.create', target(address, address));
      expect(await stream.next()).toMatchObject({ data: { task: { id: address } } });
    }
    stream.break();
  });

  test('a stream with a path that is not percent-encoded text is refused', async () => {
    for (const path of ['/poll/g/%zz', '/poll/g/%00', '/poll/a%00b/id'])
      expect(await client.send({ path })).toMatchObject({ status: 400 });
  });

  test('HEAD of a stream does not open a stream: messages continue to wait', async () => {
    await client.rpc('promise.create', target('after-head', 'poll://uni@g/headed'));
    const { status, body, headers } = await client.send({ method: 'HEAD', path: '/poll/g/headed' });
    expect({ status, body, type: headers['content-type'] }).toMatchObject({ status: 200, body: '' });
    const stream = await EventStream.open(server.url, '/poll/g/headed');
    expect(await stream.next()).toMatchObject({ data: { task: { id: 'after-head' } } });
    stream.break();
  });

  test('a stream over the limit is refused with 503, until another one ends', async () => {
    // Streams of earlier tests still count until the server has noticed their ends.
    const streams: EventStream[] = [];
    const open = (id: string) => until(`stream ${id}`, 10_000, () => EventStream.open(server.url, `/poll/limit/${id}`));
    for (const id of ['1', '2', '3']) streams.push(await open(id));
    const refused = await client.send({ path: '/poll/limit/4' });
    expect({ status: refused.status, body: JSON.parse(refused.body) as unknown }).toEqual({
      status: 503,
      body: { error: expect.any(String) },
    });
    streams[0]?.break();
    streams.push(await open('4'));
    for (const stream of streams) stream.break();
  });
});

function target(id: string, address: string) {
  return { id, timeoutAt: FAR_FUTURE, tags: { 'resonate:target': address } };
}

test('streams can be switched off', async () => {
  await start('--transports-http-poll-enabled', 'false');
  try {
    expect(await client.send({ path: '/poll/g/a' })).toMatchObject({ status: 404 });
  } finally {
    await stop();
  }
});

describe('CORS', () => {
  const ALLOWED = 'https://app.example.com';
  const ROUTES = [
    { name: 'an answered request', method: 'POST', path: '/', body: REQUEST },
    { name: 'a refused request', method: 'POST', path: '/', body: '{}' },
    { name: 'a body that is too large', method: 'POST', path: '/', body: ' '.repeat(2_000) },
    { name: '/health', method: 'GET', path: '/health', body: '' },
    { name: '/ready', method: 'GET', path: '/ready', body: '' },
    { name: 'a path that is not found', method: 'GET', path: '/nothing', body: '' },
    { name: 'a path that is gone', method: 'POST', path: '/promises', body: '' },
    { name: 'a refused stream', method: 'GET', path: '/poll/g/%zz', body: '' },
  ];
  const BODY_LIMIT = ['--server-max-body-size', '1024'];

  async function allowedOrigin(route: (typeof ROUTES)[number], origin: string): Promise<string | undefined> {
    const { headers } = await client.send({ ...route, headers: { origin } });
    return headers['access-control-allow-origin'];
  }

  async function preflight(origin: string) {
    const headers = {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type,x-any',
    };
    return client.send({ method: 'OPTIONS', path: '/', headers });
  }

  describe('with two origins', () => {
    const origins = [ALLOWED, 'http://localhost:3000'].flatMap((origin) => ['--server-cors-allow-origin', origin]);
    beforeAll(() => start(...BODY_LIMIT, ...origins));
    afterAll(stop);

    test.each(ROUTES)('$name allows both origins and no other', async (route) => {
      expect(await allowedOrigin(route, ALLOWED)).toBe(ALLOWED);
      expect(await allowedOrigin(route, 'http://localhost:3000')).toBe('http://localhost:3000');
      expect(await allowedOrigin(route, 'https://evil.example.com')).toBeUndefined();
      expect(await allowedOrigin(route, `${ALLOWED}.evil.example.com`)).toBeUndefined();
    });

    test('an answer has Vary: Origin', async () => {
      for (const origin of [ALLOWED, 'https://evil.example.com']) {
        const { headers } = await client.send({ method: 'POST', body: REQUEST, headers: { origin } });
        expect(headers.vary?.toLowerCase()).toContain('origin');
      }
    });

    test('a page of an allowed origin may open a stream', async () => {
      const allowed = await EventStream.open(server.url, '/poll/g/browser', { origin: ALLOWED });
      expect(allowed.headers['access-control-allow-origin']).toBe(ALLOWED);
      allowed.break();
    });

    test('a preflight request allows method and headers, to an allowed origin only', async () => {
      const { status, headers } = await preflight(ALLOWED);
      expect(status).toBe(204);
      expect(headers['access-control-allow-origin']).toBe(ALLOWED);
      expect(headers['access-control-allow-methods']).toContain('POST');
      expect(headers['access-control-allow-headers']).toContain('authorization');
      const other = await preflight('https://evil.example.com');
      expect(other.headers['access-control-allow-origin']).toBeUndefined();
      expect(other.headers['access-control-allow-methods']).toBeUndefined();
    });
  });

  describe('with any origin', () => {
    beforeAll(() => start(...BODY_LIMIT, '--server-cors-allow-origins', '*'));
    afterAll(stop);

    test.each(ROUTES)('$name allows every origin', async (route) => {
      expect(await allowedOrigin(route, 'https://anybody.example.com')).toBe('*');
    });

    test('a preflight request allows every origin', async () => {
      expect((await preflight('https://anybody.example.com')).headers['access-control-allow-origin']).toBe('*');
    });
  });

  describe('off, as it is by default', () => {
    beforeAll(() => start(...BODY_LIMIT));
    afterAll(stop);

    test.each(ROUTES)('$name has no CORS header', async (route) => {
      const { headers } = await client.send({ ...route, headers: { origin: ALLOWED } });
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    });

    test('a preflight request allows nothing', async () => {
      const { headers } = await preflight(ALLOWED);
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    });
  });
});

describe('with ui.enabled = false', () => {
  beforeAll(() => start('--ui-enabled', 'false'));
  afterAll(stop);

  test('there is no dashboard, and no log line mentions one', async () => {
    const accept = 'text/html';
    for (const path of ['/ui', '/ui/', '/']) {
      expect(await client.send({ method: 'GET', path, headers: { accept } })).toMatchObject({ status: 404 });
    }
    await server.logged('HTTP API listening');
    expect(server.output()).not.toContain('/ui/');
  });
});
