import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

let server: Server;
let proxy: TcpProxy;

beforeEach(async () => {
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = await startTcpProxy('127.0.0.1', (server.address() as AddressInfo).port);
});

afterEach(async () => {
  await proxy.stop();
  server.close();
});

/** Both ends of a connection through the proxy, after data has arrived over it. */
async function connected(): Promise<{ client: Socket; accepted: Socket }> {
  const accepting = once(server, 'connection') as Promise<[Socket]>;
  const client = connect(proxy.port, '127.0.0.1').on('error', () => {});
  const [accepted] = await accepting;
  // `proxy.stop` resets the open connections.
  accepted.on('error', () => {});
  client.write('hello');
  await once(accepted, 'data');
  return { client, accepted };
}

test.each(['ends', 'resets'] as const)('the server notices a client that %s its connection', async (how) => {
  const { client, accepted } = await connected();
  const ended = once(accepted, 'end');
  if (how === 'ends') client.end();
  else client.resetAndDestroy();
  await ended;
});

test('the server does not notice a client that a network failure cuts off', async () => {
  const { client, accepted } = await connected();
  const closed = new Promise((resolve) => client.once('close', resolve));
  for (const link of proxy.links) link.cutClient();
  await closed;
  // The proxy receives this text. If it had closed the server's side before, the server would know by now.
  const came = new Promise<string>((resolve) => (proxy.rules.toClient = (data) => resolve(data.toString())));
  accepted.write('still there');
  expect(await came).toBe('still there');
  await new Promise((resolve) => setImmediate(resolve));
  expect([accepted.readableEnded, accepted.writable]).toEqual([false, true]);
});
