import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { WebSocket, WebSocketServer } from 'ws';
import { findPython } from '../cluster/python.ts';
import { ServerProcess } from '../processes/server-process.ts';

const SOURCES = fileURLToPath(new URL('../../clients/python/src', import.meta.url));
const INSTALLED_WITHIN_MS = 300_000;
const DONE_WITHIN_MS = 30_000;

/** Sends requests one after the other, as the SDK does, and prints their answers. */
const DRIVER = `
import asyncio, json, sys
from resonate_websocket import WebSocketConnection, connection

async def main():
    connection.HANDSHAKE_S = 0.2
    network = WebSocketConnection(sys.argv[1], pid="a")
    await network.start()
    for request in json.load(sys.stdin):
        try:
            print(await network.send(json.dumps(request)))
        except Exception as error:
            print(json.dumps({"error": str(error)}))
    await network.stop()

asyncio.run(main())`;

interface Frame {
  kind: string;
  /** Absent in acknowledgements. */
  data?: { steps?: unknown };
}

/** A proxy between the client and the server that can lose frames and connections. */
class Relay {
  /** The headers of all attempts to connect. */
  readonly attempts: IncomingMessage['headers'][] = [];
  /** What becomes of the nth attempt to connect, from 0. By default it succeeds. */
  onAttempt: (attempt: number) => 'open' | 'ignore' | 'refuse' = () => 'open';
  /** What becomes of a frame of the nth connection, from 0. By default it is forwarded. */
  onFrame: (frame: Frame, sender: 'client' | 'server', attempt: number) => 'forward' | 'lose' | 'cut' = () => 'forward';
  readonly #http: Server = createServer();
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #raws = new Set<{ destroy(): void }>();

  constructor(target: string) {
    this.#http.on('upgrade', (request, raw, head) => {
      const attempt = this.attempts.push(request.headers) - 1;
      this.#raws.add(raw);
      const fate = this.onAttempt(attempt);
      if (fate === 'refuse') raw.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n');
      if (fate !== 'open') return;
      const server = new WebSocket(`${target}${request.url}`);
      server.once('open', () =>
        this.#sockets.handleUpgrade(request, raw, head, (client) => this.#join(client, server, attempt)),
      );
    });
  }

  async start(): Promise<string> {
    await once(this.#http.listen(0, '127.0.0.1'), 'listening');
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  stop(): void {
    for (const raw of this.#raws) raw.destroy();
    this.#http.close();
  }

  #join(client: WebSocket, server: WebSocket, attempt: number): void {
    const pass = (from: WebSocket, to: WebSocket, sender: 'client' | 'server') => {
      from.on('close', () => to.terminate());
      from.on('message', (data: Buffer) => {
        const fate = this.onFrame(JSON.parse(data.toString()) as Frame, sender, attempt);
        if (fate === 'forward') to.send(data.toString());
        if (fate === 'cut') client.terminate();
      });
    };
    pass(client, server, 'client');
    pass(server, client, 'server');
  }
}

let corrIds = 0;
const head = () => ({ corrId: `c${corrIds++}`, version: '2026-04-01' });
const LATER = Date.now() + 3_600_000;
const TAGS = { 'resonate:branch': 'wf', 'resonate:parent': 'wf', 'resonate:origin': 'wf' };
const TASK = { id: 'wf', version: 1 };

const settlement = (id: string, data: string) => ({
  kind: 'promise.settle',
  head: head(),
  data: { id, state: 'resolved', value: { data } },
});
const creation = (id: string, tags: object) => ({
  kind: 'promise.create',
  head: head(),
  data: { id, timeoutAt: LATER, param: {}, tags: { ...TAGS, ...tags } },
});
const begin = () => ({
  kind: 'task.create',
  head: head(),
  data: { pid: 'a', ttl: 60_000, action: creation('wf', { 'resonate:target': 'poll://any@default' }) },
});
const fence = (action: object, task = TASK) => ({ kind: 'task.fence', head: head(), data: { ...task, action } });
const create = (id: string, task = TASK) => fence(creation(id, { 'resonate:scope': 'local' }), task);
const settle = (id: string, data: string) => fence(settlement(id, data));
const end = (data: string) => ({
  kind: 'task.fulfill',
  head: head(),
  data: { ...TASK, action: settlement('wf', data) },
});
const get = (id: string) => ({ kind: 'promise.get', head: head(), data: { id } });

const OK = expect.objectContaining({ head: expect.objectContaining({ status: 200 }) });
const shows = (id: string, state: string) => ({ head: { status: 200 }, data: { promise: { id, state } } });

describe('a connection of the Python client', () => {
  let directory: string;
  let interpreter: string;
  let server: ServerProcess;
  let relay: Relay;
  let url: string;
  /** What the client logged. */
  let log: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'resonate-python-'));
    interpreter = join(directory, 'bin/python');
    const run = promisify(execFile);
    await run(await findPython(), ['-m', 'venv', directory]);
    const [, needs = ''] =
      /^dependencies = (.*)$/m.exec(await readFile(join(SOURCES, '../pyproject.toml'), 'utf8')) ?? [];
    const packages = JSON.parse(needs) as string[];
    await run(interpreter, ['-m', 'pip', 'install', '--quiet', ...packages], { timeout: INSTALLED_WITHIN_MS });
  }, INSTALLED_WITHIN_MS);

  afterAll(() => rm(directory, { recursive: true, force: true }));

  beforeEach(async () => {
    server = await ServerProcess.start({ args: ['--server-max-body-size', '12000'] });
    relay = new Relay(server.url.replace('http', 'ws'));
    url = await relay.start();
  });

  afterEach(async () => {
    relay?.stop();
    await server?.dispose();
  });

  /** @returns the answers to the requests. They pass through the relay unless `to` is another URL. */
  async function send(requests: readonly object[], to = url): Promise<unknown[]> {
    const env = { ...process.env, PYTHONPATH: SOURCES, RESONATE_TOKEN: '' };
    const driver = promisify(execFile)(interpreter, ['-c', DRIVER, to], { env, timeout: DONE_WITHIN_MS });
    driver.child.stdin?.end(JSON.stringify(requests));
    const { stdout, stderr } = await driver;
    log = stderr;
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
  }

  test('stores the last step before the end if both together are larger than the server accepts', async () => {
    const requests = [begin(), create('wf.1'), settle('wf.1', 'y'.repeat(4_000)), end('z'.repeat(9_000))];
    const answers = await send([...requests, get('wf.1'), get('wf')], server.url);
    expect(answers.slice(0, 4)).toEqual([OK, OK, OK, OK]);
    expect(answers.slice(4)).toMatchObject([shows('wf.1', 'resolved'), shows('wf', 'resolved')]);
    expect(log).toBe('');
  });

  test('fails a request that is larger than the server accepts, and stays open', async () => {
    const [, tooLarge, next] = await send([get('p'), get('p'.repeat(12_000)), get('p')], server.url);
    expect(tooLarge).toEqual({
      error: 'connector error: the request is larger than the 12000 bytes that the server accepts',
    });
    expect(next).toMatchObject({ head: { status: 404 } });
    expect(log).toBe('');
  });

  test('stores the next run of a task step by step if the request with its last step and its end failed', async () => {
    relay.onFrame = ({ data }) => (data?.steps === undefined ? 'forward' : 'cut');
    relay.onAttempt = (attempt) => (attempt === 1 ? 'refuse' : 'open');
    const release = { kind: 'task.release', head: head(), data: TASK };
    const acquire = { kind: 'task.acquire', head: head(), data: { ...TASK, pid: 'a', ttl: 60_000 } };
    const first = [begin(), create('wf.1'), settle('wf.1', 'y'), end('z')];
    const again = create('wf.1', { ...TASK, version: 2 });
    const answers = await send([...first, get('wf.1'), release, acquire, again, get('wf.1')]);
    expect(answers[3]).toEqual({ error: expect.stringContaining('401') });
    expect(answers[4]).toMatchObject({ head: { status: 404 } });
    expect(answers[8]).toMatchObject(shows('wf.1', 'pending'));
  });

  test.each([
    ['answered early', 'y'],
    ['stored', 'y'.repeat(5_000)],
  ])('accepts its own result, which was %s, if the connection broke before the answers', async (_, value) => {
    let answered = 0;
    relay.onFrame = ({ kind }, sender, attempt) => {
      if (kind !== 'task.fence' || sender === 'client' || attempt > 0) return 'forward';
      answered++;
      return answered === 2 ? 'cut' : 'lose';
    };
    const requests = [begin(), create('wf.1'), settle('wf.1', value), create('wf.2'), settle('wf.2', 'y'), end('z')];
    const answers = await send(requests);
    expect(answers).toEqual([OK, OK, OK, OK, OK, OK]);
    expect(answered).toBe(2);
  });

  test('is opened again if the server does not answer the first attempt', async () => {
    relay.onAttempt = (attempt) => (attempt === 0 ? 'ignore' : 'open');
    expect(await send([get('p')], url.replace('//', '//user:word@'))).toMatchObject([{ head: { status: 404 } }]);
    expect(log).toMatch(
      /^no connection to http:..127\.0\.0\.1:\d+.connect.default.a, next attempt in 0\.\d s: no answer within 0\.2 s$/m,
    );
  });

  test('has no token if RESONATE_TOKEN is empty', async () => {
    await send([get('p')]);
    expect(relay.attempts).toEqual([expect.not.objectContaining({ authorization: expect.anything() })]);
  });
});
