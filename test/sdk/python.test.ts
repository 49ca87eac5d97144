import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { someOf } from '@resonate/testkit';
import { WebSocketServer, type WebSocket } from 'ws';
import { findPython } from '../cluster/python.ts';
import { ServerProcess } from '../processes/server-process.ts';
import { Spawned } from '../processes/spawned.ts';
import { until } from '../processes/until.ts';
import { searchPromises } from '../processes/wire.ts';
import { decoded, startClient, within, type Client } from './client.ts';
import { CRASH_POINTS } from './workers/crash-points.ts';

const WORKER = fileURLToPath(new URL('./workers/worker.py', import.meta.url));
const PACKAGE = fileURLToPath(new URL('../../clients/python', import.meta.url));
const SDK = 'resonate-sdk==0.8.1';
const GROUP = 'workers';
const INSTALLED_WITHIN_MS = 300_000;
const DONE_WITHIN_MS = 60_000;

/** Sends one request and prints its answer. */
const REQUEST = `
import asyncio, sys
from resonate_websocket import WebSocketConnection

async def main():
    connection = WebSocketConnection(sys.argv[1])
    await connection.start()
    print(await connection.send('{"kind":"promise.get","head":{"corrId":"1"},"data":{"id":"p"}}'))
    await connection.stop()

asyncio.run(main())`;

describe('the official Python SDK over the WebSocket', () => {
  let directory: string;
  let interpreter: string;
  let server: ServerProcess;
  let client: Client;
  let workers: Spawned[];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'resonate-python-'));
    const run = promisify(execFile);
    await run(await findPython(), ['-m', 'venv', directory]);
    interpreter = join(directory, 'bin/python');
    await run(interpreter, ['-m', 'pip', 'install', '--quiet', SDK, PACKAGE], { timeout: INSTALLED_WITHIN_MS });
  }, INSTALLED_WITHIN_MS);

  afterAll(() => rm(directory, { recursive: true, force: true }));

  beforeEach(async () => {
    workers = [];
    server = await ServerProcess.start({ args: ['--tasks-retry-timeout', '3000'] });
    client = await startClient({ sdk: '0.11.5', network: 'websocket', url: server.url, workers: GROUP });
  });

  afterEach(async () => {
    await client?.stop();
    for (const worker of workers) await worker.kill9();
    await server?.dispose();
  });

  async function worker(name: string, at?: string): Promise<Spawned> {
    const args = [
      WORKER,
      '--url',
      server.url,
      '--group',
      GROUP,
      '--name',
      name,
      ...(at === undefined ? [] : ['--at', at]),
    ];
    const started = new Spawned(interpreter, args);
    workers.push(started);
    await started.line('the worker is ready', (line) => line === 'ready', DONE_WITHIN_MS);
    return started;
  }

  const call = (id: string, name: string, ...args: unknown[]) =>
    within(DONE_WITHIN_MS, `the result of ${id}`, client.rpc(id, name, ...args, client.options({ target: GROUP })));

  test('runs workflows of local steps, remote calls and sleeps, many at once', async () => {
    await worker('only');
    await expect(call('steps', 'count', 20)).resolves.toBe(20);
    await expect(call('both', 'both', 5)).resolves.toBe(10);
    await expect(call('fails', 'fails')).resolves.toBe('caught: no luck');
    const numbers = Array.from({ length: 50 }, (_, n) => n);
    await expect(Promise.all(numbers.map((n) => call(`many-${n}`, 'count', n % 5)))).resolves.toEqual(
      numbers.map((n) => n % 5),
    );
  }, 300_000);

  test('continues when the server is killed and started again', async () => {
    await worker('only');
    const results = Promise.all(Array.from({ length: 20 }, (_, n) => call(`r-${n}`, 'count', 10)));
    results.catch(() => undefined);
    await until('some steps are done', DONE_WITHIN_MS, async () => {
      return (await searchPromises(server.url, {}, 'resolved')).length > 20;
    });
    await server.kill9();
    await server.restart();
    expect(new Set(await results)).toEqual(new Set([10]));
  }, 300_000);

  test.each(someOf(CRASH_POINTS, 1))(
    'keeps stored steps, and no others, of a worker that dies when %s',
    async (point) => {
      const doomed = await worker('doomed', point);
      const result = call('wf', 'marks');
      result.catch(() => undefined);
      await until('the end of the worker', DONE_WITHIN_MS, () => !doomed.running);
      const before = await stored();
      await worker('survivor');
      const marks = (await result) as string[];
      expect(await stored()).toEqual(marks);
      expect(marks).toEqual(['doomed ran 1', expect.stringMatching(/^(doomed|survivor) ran 2$/), 'survivor ran 3']);
      if (point === 'the next step begins') expect(before).toEqual(['doomed ran 1', 'doomed ran 2']);
      if (point === 'the step begins') expect(before).toEqual(['doomed ran 1']);
      for (const [index, mark] of before.entries()) if (mark !== 'pending') expect(marks[index]).toBe(mark);
    },
    90_000,
  );

  test('a request gets its answer over the connection that is being left, although the next one is refused', async () => {
    const http = createServer();
    const sockets = new WebSocketServer({ noServer: true });
    let left: WebSocket | undefined;
    let refused = 0;
    http.on('upgrade', (request, socket, head) => {
      if (left === undefined) {
        sockets.handleUpgrade(request, socket, head, (opened) => {
          left = opened;
          opened.on('message', () => opened.send('{"drain":true}'));
        });
        return;
      }
      socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n');
      refused++;
      // The client has handled the first refusal when it tries again.
      if (refused === 2) left.send('{"kind":"promise.get","head":{"corrId":"1","status":404},"data":"none"}');
    });
    await once(http.listen(0, '127.0.0.1'), 'listening');
    try {
      const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
      const { stdout } = await promisify(execFile)(interpreter, ['-c', REQUEST, url], { timeout: DONE_WITHIN_MS });
      expect(JSON.parse(stdout)).toMatchObject({ data: 'none' });
    } finally {
      left?.terminate();
      http.close();
    }
  });

  async function stored(): Promise<unknown[]> {
    const steps = await searchPromises(server.url, { 'resonate:parent': 'wf', 'resonate:scope': 'local' });
    return steps
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .map(({ state, value }) => (state === 'resolved' ? decoded(value) : state));
  }
});
