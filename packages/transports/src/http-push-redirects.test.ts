import { afterEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HttpPush, type HttpPushOptions } from './http-push.ts';
import { to } from './outgoing.fixture.ts';

/** What the public server's HTTP client does: credentials in URLs, redirects, proxies from the environment. */

const OPTIONS = { connectTimeoutMs: 1_000, requestTimeoutMs: 20_000, connectionsPerTarget: 4, env: {} };
const BASIC = `Basic ${Buffer.from('us er:p@ss').toString('base64')}`;
const MESSAGE = to('http://localhost/').body;

const servers: Server[] = [];
const pushes: HttpPush[] = [];

async function listen(handle: RequestListener): Promise<{ server: Server; host: string }> {
  const server = createServer(handle).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return { server, host: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

interface Arrived {
  url: string | undefined;
  authorization: string | undefined;
  body: string;
}

async function arrival(request: IncomingMessage): Promise<Arrived> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return { url: request.url, authorization: request.headers.authorization, body };
}

/** A target that answers 204 and records what it got. */
async function target() {
  const arrived: Arrived[] = [];
  const { host } = await listen((request, response) => {
    void arrival(request).then((one) => {
      arrived.push(one);
      response.writeHead(204).end();
    });
  });
  return { host, arrived };
}

/** A target that redirects. */
async function redirecting(status: number, location: string | undefined) {
  const arrived: Arrived[] = [];
  const { host } = await listen((request, response) => {
    void arrival(request).then((one) => {
      arrived.push(one);
      response.writeHead(status, location === undefined ? {} : { location }).end();
    });
  });
  return { host, arrived };
}

function pushTo(address: string, options: Partial<HttpPushOptions> = {}): Promise<void> {
  const transport = new HttpPush({ ...OPTIONS, ...options });
  pushes.push(transport);
  return transport.push(to(address));
}

afterEach(async () => {
  await Promise.all(pushes.splice(0).map((push) => push.close()));
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

describe('user and password of a target', () => {
  test('are sent as Basic authentication, and not in the path', async () => {
    const { host, arrived } = await target();
    await pushTo(`http://us%20er:p%40ss@${host}/hook`);
    await pushTo(`http://user@${host}/hook`);
    expect(arrived).toEqual([
      { url: '/hook', authorization: BASIC, body: MESSAGE },
      { url: '/hook', authorization: `Basic ${Buffer.from('user:').toString('base64')}`, body: MESSAGE },
    ]);
  });

  test('are not sent if a token is configured', async () => {
    const { host, arrived } = await target();
    const auth = { mode: 'bearer' as const, token: 'token', audience: null, header: 'authorization' };
    await pushTo(`http://user:pass@${host}/`, { auth });
    expect(arrived[0]?.authorization).toBe('Bearer token');
  });

  test('do not appear in an error', async () => {
    const { host } = await redirecting(401, undefined);
    for (const address of [`http://user:hunter2@${host}/`, 'http://user:hunter2@127.0.0.1:1/']) {
      const error: unknown = await pushTo(address).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(Error);
      expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain('hunter2');
    }
  });
});

describe('a redirect', () => {
  test.each([307, 308])(
    'with %i is followed with the message, and with the token if the origin is the same',
    async (status) => {
      const last = await target();
      const { host, arrived } = await listenTwice(status);
      await pushTo(`http://us%20er:p%40ss@${host}/first`);
      expect(arrived).toEqual([
        { url: '/first', authorization: BASIC, body: MESSAGE },
        { url: '/second', authorization: BASIC, body: MESSAGE },
      ]);
      const away = await redirecting(status, `http://${last.host}/away`);
      await pushTo(`http://us%20er:p%40ss@${away.host}/`);
      expect(last.arrived).toEqual([{ url: '/away', authorization: undefined, body: MESSAGE }]);
    },
  );

  test.each([301, 302, 303])(
    'with %i is a failure, because the next request would not contain the message',
    async (status) => {
      const last = await target();
      const { host } = await redirecting(status, `http://${last.host}/`);
      await expect(pushTo(`http://${host}/`)).rejects.toThrow(`the target answered ${status}`);
      expect(last.arrived).toEqual([]);
    },
  );

  test('to a host that may not be pushed to is a failure', async () => {
    const last = await target();
    const { host } = await redirecting(307, `http://${last.host}/`);
    await expect(pushTo(`http://${host}/`, { allowHosts: [host] })).rejects.toThrow(
      `the host ${last.host} is not listed in transports.http_push.allow_hosts`,
    );
    expect(last.arrived).toEqual([]);
  });

  test.each([
    [undefined, 'the target answered 307 without a valid Location header'],
    ['http://[', 'the target answered 307 without a valid Location header'],
    ['ftp://127.0.0.1/', 'the target redirected from http: to ftp:, which is not allowed'],
    ['/', 'the target redirected more than 10 times'],
  ])('to %s is a failure', async (location, message) => {
    const { host, arrived } = await redirecting(307, location);
    await expect(pushTo(`http://${host}/`)).rejects.toThrow(message);
    expect(arrived.length).toBeLessThanOrEqual(11);
  });

  async function listenTwice(status: number) {
    const arrived: Arrived[] = [];
    const { host } = await listen((request, response) => {
      void arrival(request).then((one) => {
        arrived.push(one);
        if (one.url === '/first') response.writeHead(status, { location: '/second' }).end();
        else response.writeHead(204).end();
      });
    });
    return { host, arrived };
  }
});

describe('a proxy of the environment', () => {
  test('is used for all pushes except those of NO_PROXY', async () => {
    const { host, arrived } = await target();
    const asked: string[] = [];
    const proxy = await listen((request, response) => {
      asked.push(request.url ?? '');
      void arrival(request).then(() => response.writeHead(204).end());
    });
    await pushTo(`http://${host}/hook`, { env: { HTTP_PROXY: `http://${proxy.host}` } });
    expect({ asked, arrived }).toEqual({ asked: [`http://${host}/hook`], arrived: [] });
    await pushTo(`http://${host}/hook`, { env: { http_proxy: `http://${proxy.host}`, NO_PROXY: '127.0.0.1' } });
    expect({ asked: asked.length, arrived: arrived.length }).toEqual({ asked: 1, arrived: 1 });
  });

  test('tunnels https', async () => {
    const proxy = await listen((_request, response) => response.writeHead(500).end());
    const tunnels: string[] = [];
    proxy.server.on('connect', (request, socket) => {
      tunnels.push(request.url ?? '');
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    });
    const env = { HTTPS_PROXY: `http://${proxy.host}` };
    await expect(pushTo('https://workers.invalid/hook', { env })).rejects.toThrow();
    expect(tunnels).toEqual(['workers.invalid:443']);
  });

  test('that is not a URL is an error at the start', () => {
    expect(() => new HttpPush({ ...OPTIONS, env: { HTTP_PROXY: 'proxy' } })).toThrow('is not a URL');
  });
});
