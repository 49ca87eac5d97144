import { expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { receiveMessages } from './message-stream.ts';

test('a stream that ends without a message is opened again after the shortest pause, each time', async () => {
  const openedAt: number[] = [];
  const server = createServer((_, response) => {
    openedAt.push(performance.now());
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end(': nothing\n\n');
    if (openedAt.length === 5) server.emit('enough');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const end = new AbortController();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const lost: string[] = [];
  const options = { signal: end.signal, onLost: (reason: string) => void lost.push(reason) };
  const reading = (async () => {
    for await (const message of receiveMessages('/poll/g/1', { server: url }, options)) expect(message).toBe('none');
  })();
  await once(server, 'enough');
  end.abort();
  await reading;
  server.close();
  // If the pause doubled, the last one would be 4 s.
  expect(openedAt[4]! - openedAt[3]!).toBeLessThan(3_500);
  expect(lost).toContain('the server ended the stream');
});

test('the pause doubles while the stream cannot be opened', async () => {
  const askedAt: number[] = [];
  const server = createServer((_, response) => {
    askedAt.push(performance.now());
    response.writeHead(503).end();
    if (askedAt.length === 3) server.emit('enough');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const end = new AbortController();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const reading = receiveMessages('/poll/g/1', { server: url }, { signal: end.signal, onLost: () => {} }).next();
  await once(server, 'enough');
  end.abort();
  await reading;
  server.close();
  // Timers may be early by a millisecond.
  expect(askedAt[2]! - askedAt[1]!).toBeGreaterThan(990);
});
