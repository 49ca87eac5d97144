import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { queryObjects } from 'node:v8';
import { Client } from 'undici';
import { HttpPush, type HttpPushOptions } from './http-push.ts';
import { to } from './outgoing.fixture.ts';

const TARGETS = 50;

let proxy: Server;
let address: string;
let handle: RequestListener;
let transport: HttpPush;
const open = new Set<Socket>();

beforeEach(async () => {
  proxy = createServer((request, response) => handle(request, response)).listen(0, '127.0.0.1');
  proxy.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  await once(proxy, 'listening');
  address = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
});
afterEach(async () => {
  await transport.close();
  // The server does not close the connections that are in a tunnel.
  for (const socket of open) socket.destroy();
  proxy.close();
});

function connect(options: Partial<HttpPushOptions> = {}): void {
  transport = new HttpPush({
    ...{ connectTimeoutMs: 10_000, requestTimeoutMs: 10_000, connectionsPerTarget: 2 },
    env: { HTTP_PROXY: `http://us%20er:p%40ss@${address}` },
    ...options,
  });
}

async function pushToMany(): Promise<void> {
  const names = Array.from({ length: TARGETS }, (_, index) => `http://target-${index}.example/`);
  await Promise.all(names.map((name) => transport.push(to(name))));
}

/** Waits until the client has closed its connections, too. */
async function allClosed(): Promise<void> {
  await Promise.all([...open].map((socket) => once(socket, 'close')));
  await new Promise((resolve) => setImmediate(resolve));
}

describe('through a proxy', () => {
  test('nothing is kept of targets whose connections have ended', async () => {
    handle = (request, response) => {
      request.resume().once('end', () => response.writeHead(204, { connection: 'close' }).end());
    };
    connect();
    const before = queryObjects(Client, { format: 'count' });
    await pushToMany();
    await allClosed();
    expect(queryObjects(Client, { format: 'count' }) - before).toBeLessThan(TARGETS / 5);
  });

  test('pushes to one target use at most its number of connections', async () => {
    const waiting: (() => void)[] = [];
    handle = (request, response) => {
      request.resume();
      waiting.push(() => response.writeHead(204).end());
      if (waiting.length === 2) setImmediate(() => waiting.splice(0).forEach((answer) => answer()));
    };
    connect();
    await Promise.all(Array.from({ length: 4 }, () => transport.push(to('http://target.example/'))));
    expect(open.size).toBe(2);
  });

  test('the proxy gets its own user and password, and the name of the target', async () => {
    const asked: unknown[] = [];
    handle = ({ url, headers: { host, authorization, ...others } }, response) => {
      asked.push({ url, host, authorization, ofProxy: others['proxy-authorization'] });
      response.writeHead(204).end();
    };
    connect();
    await transport.push(to('http://name:secret@target.example:8080/hook?x=1'));
    const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;
    expect(asked).toEqual([
      {
        url: 'http://target.example:8080/hook?x=1',
        host: 'target.example:8080',
        authorization: basic('name:secret'),
        ofProxy: basic('us er:p@ss'),
      },
    ]);
  });

  test('a CONNECT without an answer ends after the connection timeout', async () => {
    connect({ connectTimeoutMs: 100, env: { HTTPS_PROXY: `http://${address}` } });
    proxy.on('connect', (_request, socket) => socket.on('error', () => {}));
    await expect(transport.push(to('https://target.example/'))).rejects.toThrow('Headers Timeout');
  });
});
