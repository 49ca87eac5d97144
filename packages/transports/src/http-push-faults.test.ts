import { afterEach, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { HttpPush } from './http-push.ts';
import { to } from './outgoing.fixture.ts';

/** Targets that break HTTP. */

const MESSAGE = to('http://localhost/').body;
const TIMEOUT_MS = 500;
const sockets = new Set<Socket>();
let server: Server | undefined;
let push: HttpPush;

afterEach(async () => {
  await push.close();
  sockets.forEach((socket) => socket.destroy());
  server?.close();
});

/**
 * @returns the error of a push to a target that does this after it has received the message; null if the push
 * succeeded.
 */
async function pushTo(answer: (socket: Socket) => void): Promise<string | null> {
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      if (chunk.includes(MESSAGE)) answer(socket);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  push = new HttpPush({ connectTimeoutMs: 1_000, requestTimeoutMs: TIMEOUT_MS, connectionsPerTarget: 1 });
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return push.push(to(address)).then(
    () => null,
    (error: unknown) => (error as Error).message,
  );
}

/** Writes without end, one piece per millisecond. */
function drip(socket: Socket, piece: (n: number) => string): void {
  let n = 0;
  const timer = setInterval(() => socket.write(piece(n++)), 1);
  socket.once('close', () => clearInterval(timer));
}

test('an answer that is cut off in its status line is a failure', async () => {
  expect(await pushTo((socket) => socket.end('HTTP/1.1 20'))).toMatch(/socket|closed|Invalid|HTTP/);
});

test('an answer that is cut off in its body is a success if its status is 2xx', async () => {
  expect(await pushTo((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf'))).toBeNull();
});

test('a refusal that is cut off in its body is reported with its status', async () => {
  const refused = 'HTTP/1.1 503 Busy\r\ncontent-length: 100\r\n\r\nhalf';
  expect(await pushTo((socket) => socket.end(refused))).toBe('the target answered 503');
});

test('a status line that never ends fails after the timeout', async () => {
  expect(await pushTo((socket) => drip(socket, (n) => 'HTTP/1.1 200 O'[n] ?? 'K'))).toMatch(
    /did not answer within 500 ms|[Hh]eader|[Ss]ize/,
  );
});

test('endless headers are not buffered', async () => {
  const filler = 'x'.repeat(8_000);
  expect(
    await pushTo((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      drip(socket, (n) => `h${n}: ${filler}\r\n`);
    }),
  ).toMatch(/[Hh]eader/);
});

test('an answer that is not HTTP is a failure', async () => {
  expect(await pushTo((socket) => socket.end('220 mail.example.com ESMTP\r\n'))).toMatch(/HTTP/);
});

test('interim answers without a final one fail after the timeout', async () => {
  expect(await pushTo((socket) => drip(socket, () => 'HTTP/1.1 102 Processing\r\n\r\n'))).toBe(
    'the target did not answer within 500 ms',
  );
});

test('a switch of protocols is a failure', async () => {
  const upgrade = 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n';
  expect(await pushTo((socket) => socket.write(upgrade))).toMatch(/upgrade|101/i);
});
