import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { systemClock } from '@resonate/lifecycle';
import { Viewer } from './viewer.ts';

let server: Server;

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

test('nothing is written to the stream of a page that does not read after it has ended', async () => {
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const page = connect((server.address() as AddressInfo).port, '127.0.0.1').pause();
  page.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  const [, response] = (await once(server, 'request')) as [unknown, ServerResponse];
  const viewer = new Viewer({ origin: null, prefix: '' }, response as never, systemClock);
  // In the server such an error ends the process unless there is a listener.
  expect(response.listenerCount('error')).toBeGreaterThan(0);
  const errors: unknown[] = [];
  response.on('error', (error) => errors.push(error));
  // More than the socket buffers of both ends hold, as after many pings.
  response.write('x'.repeat(32 << 20));
  viewer.end();
  viewer.ping();
  viewer.tell('tick');
  await new Promise((resolve) => setImmediate(resolve));
  expect(errors).toEqual([]);
  expect(response.closed).toBe(false);
  const closed = once(response, 'close');
  page.destroy();
  await closed;
  viewer.close();
});
