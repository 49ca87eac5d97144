import { afterEach, expect, jest, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { ServerProcess, type ServerOptions } from '../processes/server-process.ts';
import { until } from '../processes/until.ts';
import { call } from '../processes/wire.ts';
import { WorkerSocket } from '../processes/worker-socket.ts';

/**
 * A worker that gets a push calls the server before it answers. So a process with all roles pushes only while it accepts
 * requests. Otherwise the worker's call fails, and the attempt is lost.
 */

jest.setTimeout(180_000);

const FAR_FUTURE = 4_102_444_800_000;
/** Far longer than a running server needs to push a message that is due. */
const PUSHED_WITHIN_MS = 1_000;

const servers: ServerProcess[] = [];
const listening: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.dispose();
  for (const other of listening.splice(0)) {
    other.closeAllConnections();
    other.close();
  }
});

async function start(options: ServerOptions = {}): Promise<ServerProcess> {
  const server = await ServerProcess.start(options);
  servers.push(server);
  return server;
}

async function listen(handle: RequestListener): Promise<string> {
  const server = createServer(handle);
  listening.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A worker that acquires each task before it answers the push. `outcomes` has the outcome of each of its calls. */
async function startWorker(): Promise<{ url: string; outcomes: string[] }> {
  const outcomes: string[] = [];
  const url = await listen((request, response) => {
    void text(request).then(async (body) => {
      const { head, data } = JSON.parse(body) as { head: { serverUrl: string }; data: { task: object } };
      outcomes.push(
        await call(head.serverUrl, 'task.acquire', { ...data.task, pid: 'w', ttl: 60_000 }).then(
          () => 'acquired',
          (error: unknown) => String(error),
        ),
      );
      response.end();
    });
  });
  return { url, outcomes };
}

function createTask(server: ServerProcess, id: string, target: string, dueAt: number): Promise<unknown> {
  const tags = { 'resonate:target': target, 'resonate:delay': String(dueAt) };
  return call(server.url, 'promise.create', { id, timeoutAt: FAR_FUTURE, param: {}, tags });
}

test('during a stop a worker that gets a push can still call the server', async () => {
  const server = await start();
  const { url, outcomes } = await startWorker();
  // An open WebSocket makes the API close slowly. A message becomes due every 10 ms, also during that time.
  await WorkerSocket.open(server.url, '/connect/group/id');
  const firstAt = Date.now() + 500;
  const indexes = Array.from({ length: 500 }, (_, index) => index);
  await Promise.all(indexes.map((index) => createTask(server, `t${index}`, url, firstAt + index * 10)));
  await until('the first pushes', 30_000, () => outcomes.length > 20);
  expect(await server.stop()).toBe(0);
  expect(outcomes.filter((outcome) => outcome !== 'acquired')).toEqual([]);
});

test('during a start that waits for a key set, no worker gets a push before it can call the server', async () => {
  const first = await start();
  const { url, outcomes } = await startWorker();
  const dueAt = Date.now() + 3_000;
  await createTask(first, 'w', url, dueAt);
  expect(await first.stop()).toBe(0);
  expect(outcomes).toEqual([]);

  const keySet = await listen((_, response) => {
    const pushed = until('a push', 30_000, () => outcomes.length > 0);
    void Promise.race([pushed, delay(dueAt + PUSHED_WITHIN_MS - Date.now())]).then(() =>
      response.end(JSON.stringify({ keys: [] })),
    );
  });
  const args = ['--auth-jwks-url', keySet];
  await start({ args, storage: ['--storage-sqlite-path', join(first.directory, 'resonate.db')] });
  await until('a push', 30_000, () => outcomes.length > 0);
  // Without a token, but the server answered.
  expect(outcomes[0]).toContain('task.acquire: 401');
});
