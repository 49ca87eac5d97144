import { connect, type Socket } from 'node:net';
import { afterEach, beforeAll, afterAll, expect, jest, test } from '@jest/globals';
import { HttpClient } from '../processes/http-client.ts';
import { ServerProcess } from '../processes/server-process.ts';
import { until } from '../processes/until.ts';
import { WorkerSocket } from '../processes/worker-socket.ts';
import { requestBytes } from './raw-connection.ts';
import { FAR_FUTURE } from './state.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(180_000);

/** Clients that send requests and do not read the answers. */

const MIB = 1024 * 1024;
/** More than the operating systems of both ends buffer for one connection. */
const BUFFERED = 16 * MIB;

let server: ServerProcess;
let client: HttpClient;
let sockets: Socket[] = [];

beforeAll(async () => {
  server = await ServerProcess.start({ command: 'dev', args: ['--server-max-unread-answers', String(24 * MIB)] });
  client = new HttpClient(server.url);
  const param = { data: 'x'.repeat(MIB) };
  expect(await client.rpc('promise.create', { id: 'large', timeoutAt: FAR_FUTURE, param })).toMatchObject({
    status: 200,
  });
});

afterEach(() => {
  for (const socket of sockets) socket.destroy();
  sockets = [];
});

afterAll(async () => {
  client?.close();
  await server?.dispose();
});

const GET = requestBytes(
  'POST',
  '/',
  {},
  JSON.stringify({ kind: 'promise.get', head: { corrId: 'c', version: '2026-04-01' }, data: { id: 'large' } }),
);

/** A connection that sends and reads nothing until it is resumed. */
async function unread(bytes: string): Promise<Socket> {
  const { hostname, port } = new URL(server.url);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.pause();
  socket.on('error', () => socket.destroy());
  sockets.push(socket);
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.write(bytes);
  return socket;
}

/** How many requests of a kind were answered. */
async function answered(kind: string): Promise<number> {
  const text = await (await fetch(server.metricsUrl)).text();
  const lines = text
    .split('\n')
    .filter((line) => line.startsWith('resonate_request_total{') && line.includes(`"${kind}"`));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

test('requests after an unread answer do not start, and all of them are answered when the client reads', async () => {
  const before = await answered('promise.get');
  const socket = await unread(GET.repeat(100));
  await until('the first answers are written', 10_000, async () => (await answered('promise.get')) > before);
  // Other clients are served meanwhile.
  expect(await client.rpc('promise.get', { id: 'none' })).toMatchObject({ status: 404 });
  expect((await answered('promise.get')) - before).toBeLessThan(BUFFERED / MIB);
  let received = 0;
  socket.on('data', (chunk) => (received += chunk.length));
  socket.resume();
  await until('all answers have come', 60_000, () => received > 100 * MIB);
  expect((await answered('promise.get')) - before).toBe(101);
});

test('a connection that pipelines endlessly after an unread answer is closed or no longer read', async () => {
  const socket = await unread(GET.repeat(20));
  const more = requestBytes('GET', '/admin/session', {}).repeat(500);
  let isOpen = true;
  socket.once('close', () => (isOpen = false));
  // Node stops reading if these requests arrive after the answer was written. Then they stay in the client's buffers.
  await until('the server closes it or stops reading', 30_000, () => {
    if (isOpen) socket.write(more);
    return !isOpen || socket.writableLength > BUFFERED;
  });
  expect(await client.rpc('promise.get', { id: 'none' })).toMatchObject({ status: 404 });
});

test('the unread answers of all connections are limited: the oldest connection is closed, and others are answered', async () => {
  const param = { data: 'x'.repeat(1.9 * MIB) };
  await client.rpc('promise.create', { id: 'larger', timeoutAt: FAR_FUTURE, param });
  const get = GET.replace('"large"', '"larger"').replace(/content-length: \d+/, (line) =>
    line.replace(/\d+/, (n) => String(Number(n) + 1)),
  );
  let closed = 0;
  for (let count = 0; count < 60; count++) {
    const socket = await unread(get.repeat(10));
    socket.once('close', () => closed++);
  }
  // 24 MiB are 12 answers. A client that does not read notices the end of its connection only when it writes.
  await until('the server closes the others', 60_000, () => {
    for (const socket of sockets) if (!socket.destroyed) socket.write('\r\n');
    return closed > 40;
  });
  expect(closed).toBeLessThan(60);
  expect(await client.rpc('promise.get', { id: 'larger' })).toMatchObject({ status: 200 });
});

test('the unread answers of all WebSockets count towards the same limit', async () => {
  const opened = await Promise.all(
    Array.from({ length: 30 }, (_, index) => WorkerSocket.open(server.url, `/connect/unread/${index}`)),
  );
  let closed = 0;
  for (const worker of opened) {
    worker.socket.pause();
    void worker.closed.then(() => closed++);
    for (let count = 0; count < 5; count++) worker.ask('promise.get', { id: 'large' }).catch(() => undefined);
  }
  // 24 MiB are 24 answers. A client that does not read notices the end of its connection only when it reads again.
  await until('some are cut off', 60_000, async () => {
    expect(await client.rpc('promise.get', { id: 'none' })).toMatchObject({ status: 404 });
    const text = await (await fetch(server.metricsUrl)).text();
    return Number(/^resonate_websocket_connections (\d+)$/m.exec(text)?.[1]) < opened.length - 10;
  });
  for (const { socket } of opened) socket.resume();
  await until('they see it', 30_000, () => closed > 10);
  for (const worker of opened) worker.break();
});
