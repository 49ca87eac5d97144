import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { HttpPush } from './http-push.ts';
import { to } from './outgoing.fixture.ts';
import { PushFailed } from './push-failed.ts';

let server: Server;
let push: HttpPush;
let url: string;
let handle: (request: IncomingMessage, response: ServerResponse) => void;
const received: { method: string | undefined; type: string | undefined; body: string }[] = [];

function pushWith(requestTimeoutMs: number, connectionsPerTarget = 4): HttpPush {
  return new HttpPush({ connectTimeoutMs: 1_000, requestTimeoutMs, connectionsPerTarget });
}

const MESSAGE = to('http://localhost/').body;

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
}

beforeEach(async () => {
  received.length = 0;
  handle = (_request, response) => response.end();
  server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      received.push({ method: request.method, type: request.headers['content-type'], body });
      handle(request, response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?a=b`;
  push = pushWith(10_000);
});

afterEach(async () => {
  await push.close();
  server.closeAllConnections();
  server.close();
});

describe('a push', () => {
  test('is a POST of the message as JSON', async () => {
    await push.push(to(url));
    expect(received).toEqual([{ method: 'POST', type: 'application/json', body: MESSAGE }]);
  });

  test('succeeds with any 2xx status, with or without a body', async () => {
    for (const status of [200, 201, 202, 204, 299]) {
      handle = (_request, response) => response.writeHead(status).end(status === 204 ? undefined : 'thanks');
      await push.push(to(url));
    }
    expect(received).toHaveLength(5);
  });

  test('fails with any other status, and the error contains it', async () => {
    for (const status of [300, 304, 400, 404, 500, 503]) {
      handle = (_request, response) => response.writeHead(status).end(status === 304 ? undefined : 'no');
      await expect(push.push(to(url))).rejects.toThrow(new PushFailed(`the target answered ${status}`));
    }
  });

  test('reports the wait that a busy target asks for', async () => {
    const asked = async (status: number, retryAfter: string) => {
      handle = (_request, response) => response.writeHead(status, { 'retry-after': retryAfter }).end();
      return push.push(to(url)).catch((error: unknown) => (error as PushFailed).retryAfterMs);
    };
    expect(await asked(429, '7')).toBe(7_000);
    expect(await asked(503, '120')).toBe(120_000);
    expect(await asked(503, 'soon')).toBeNull();
    expect(await asked(503, new Date(0).toUTCString())).toBe(0);
    const inAnHour = await asked(503, new Date(Date.now() + 3_600_000).toUTCString());
    expect(Math.abs(Number(inAnHour) - 3_600_000)).toBeLessThan(30_000);
    expect(await asked(500, '7')).toBeNull();
  });

  test('fails if nothing listens on the port', async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
    await expect(push.push(to(url))).rejects.toThrow('ECONNREFUSED');
  });

  test('fails when the connection breaks before the answer', async () => {
    handle = (request) => request.socket.destroy();
    await expect(push.push(to(url))).rejects.toThrow();
  });
});

describe('a slow target', () => {
  test('that never answers fails the push after the timeout', async () => {
    handle = () => {};
    const impatient = pushWith(100);
    await expect(impatient.push(to(url))).rejects.toThrow('did not answer within 100 ms');
    await impatient.close();
  });

  test('that answers 200 and never ends the body has accepted the message', async () => {
    handle = (_request, response) => {
      response.writeHead(200).write('still');
    };
    const impatient = pushWith(100);
    await expect(impatient.push(to(url))).resolves.toBeUndefined();
    await impatient.close();
  });

  test('with a slow body is waited for until the timeout at most', async () => {
    let drip: NodeJS.Timeout | undefined;
    handle = (_request, response) => {
      response.writeHead(500);
      drip = setInterval(() => response.write('.'), 10);
    };
    const impatient = pushWith(200);
    await expect(impatient.push(to(url))).rejects.toThrow('the target answered 500');
    clearInterval(drip);
    await impatient.close();
  });

  test('does not delay pushes to other targets, even if many pushes wait for it', async () => {
    const waiting: ServerResponse[] = [];
    handle = (_request, response) => waiting.push(response);
    const other = createServer((_request, response) => response.end()).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const narrow = pushWith(10_000, 1);
    const pushes = [1, 2, 3].map(() => narrow.push(to(url)));
    const free = narrow.push(to(`http://127.0.0.1:${(other.address() as AddressInfo).port}/`));
    await expect(free).resolves.toBeUndefined();
    handle = (_request, response) => response.end();
    while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));
    waiting.forEach((response) => response.end());
    await Promise.all(pushes);
    await narrow.close();
    other.close();
  });
});

test('a huge answer is not read to its end', async () => {
  let sent = 0;
  handle = (_request, response) => {
    const chunk = Buffer.alloc(64 * 1024);
    response.writeHead(200);
    const more = () => {
      while (!response.destroyed && sent < 1e9) {
        sent += chunk.length;
        if (!response.write(chunk)) return void response.once('drain', more);
      }
    };
    more();
  };
  await push.push(to(url));
  expect(sent).toBeLessThan(50e6);
  handle = (_request, response) => response.writeHead(200, { 'content-length': 1e9 }).write('x');
  await push.push(to(url));
});

test('closing ends the running pushes', async () => {
  const arrived = new Promise<void>((resolve) => (handle = () => resolve()));
  const hanging = push.push(to(url));
  const outcome = expect(hanging).rejects.toThrow();
  await arrived;
  await push.close();
  await outcome;
});
