import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { executeMessage, type Reply, type Request } from '@resonate/protocol';
import { silentLogger } from '@resonate/observability';
import { isAlive, until } from '@resonate/testkit';
import { to } from '../outgoing.fixture.ts';
import { BashTransport } from './bash.ts';

/** Long enough that a renewal is in time on a machine that stalls for several hundred milliseconds. */
const TTL_MS = 3_000;
const AWAY: Reply = { status: 503, data: 'Storage is unavailable' };

const folder = mkdtempSync(join(tmpdir(), 'resonate-bash-'));
const transports: BashTransport[] = [];

afterEach(async () => {
  await Promise.all(transports.splice(0).map((transport) => transport.close()));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A store with one task. It can be made unreachable. */
class OneTask {
  readonly asked: Request[] = [];
  isAway = false;
  onHeartbeat = (_count: number): void => {};
  /** Answers that single requests get instead. */
  readonly instead: { kind: string; reply: Reply }[] = [];
  readonly #script: string;
  #pid = '';
  #settled: ((how: [state: string, data: string | undefined]) => void) | null = null;
  readonly settled = new Promise<[state: string, data: string | undefined]>((resolve) => (this.#settled = resolve));

  constructor(script: string) {
    this.#script = script;
  }

  readonly execute = async (request: Request): Promise<Reply> => {
    this.asked.push(request);
    if (this.isAway) return AWAY;
    const at = this.instead.findIndex(({ kind }) => kind === request.kind);
    if (at >= 0) return this.instead.splice(at, 1)[0]?.reply ?? AWAY;
    switch (request.kind) {
      case 'task.acquire': {
        this.#pid = request.data.pid;
        const param = { data: Buffer.from(this.#script).toString('base64') };
        return { status: 200, data: { task: this.#task(), promise: { id: 'p', createdAt: 1, timeoutAt: 2, param } } };
      }
      case 'task.heartbeat':
        this.onHeartbeat(this.count('task.heartbeat'));
        return { status: 200, data: {} };
      case 'task.get':
        return { status: 200, data: { task: this.#task() } };
      case 'task.fulfill': {
        const { state, value } = request.data.action.data;
        this.#settled?.([state, value.data]);
        return { status: 200, data: {} };
      }
      default:
        return { status: 200, data: {} };
    }
  };

  count(kind: string): number {
    return this.asked.filter((request) => request.kind === kind).length;
  }

  #task() {
    return { id: 'p', state: 'acquired', version: 1, resumes: 0, pid: this.#pid };
  }
}

function transportTo(store: OneTask, { ttlMs = TTL_MS, env = process.env } = {}): BashTransport {
  const transport = new BashTransport({
    execute: store.execute,
    logger: silentLogger,
    ttlMs,
    maxRunning: 1,
    maxOutput: 10_000,
    env,
    passEnv: [],
    tensorlake: { apiKey: null, apiUrl: 'http://127.0.0.1:1', sandboxUrl: 'http://127.0.0.1:1/{id}' },
  });
  transports.push(transport);
  return transport;
}

function push(transport: BashTransport, address = 'bash://'): Promise<void> {
  return transport.push(to(address, executeMessage('http://localhost:8001', 'p', 0)));
}

describe('while the store is unavailable', () => {
  test('a script is not started, and its message is sent again', async () => {
    const store = new OneTask('echo');
    store.isAway = true;
    await expect(push(transportTo(store))).rejects.toThrow('503');
  });

  test('a result is kept until it can be stored', async () => {
    const store = new OneTask('echo result');
    store.instead.push({ kind: 'task.fulfill', reply: AWAY }, { kind: 'task.fulfill', reply: AWAY });
    await push(transportTo(store));
    expect(await store.settled).toEqual(['resolved', 'result']);
    expect(store.count('task.fulfill')).toBe(3);
  });

  test('a script runs only as long as its lease is valid', async () => {
    const pidFile = join(folder, 'pid');
    const store = new OneTask(`echo $$ > ${pidFile}; exec sleep 1000`);
    const since = performance.now();
    await push(transportTo(store));
    store.isAway = true;
    const pid = await written(pidFile);
    await until('the script has ended', TTL_MS + 4_000, () => !isAlive(pid), 5);
    expect(performance.now() - since).toBeLessThan(TTL_MS + 2_000);
    expect(store.count('task.fulfill')).toBe(0);
  });
});

test('a lease is renewed after a third of its time, again and again', async () => {
  // A script is stopped if this process stalls for 5.6 s here. That is longer than a busy machine takes.
  const ttlMs = 12_000;
  const renewed = join(folder, 'renewed');
  const store = new OneTask(`until [ -e ${renewed} ]; do sleep 0.5; done; echo done`);
  store.onHeartbeat = (count) => {
    if (count === 3) writeFileSync(renewed, '');
  };
  const since = performance.now();
  await push(transportTo(store, { ttlMs }));
  expect(await store.settled).toEqual(['resolved', 'done']);
  expect(store.count('task.heartbeat')).toBeLessThanOrEqual((performance.now() - since) / (ttlMs / 3));
});

test('a task that another worker has is not run, and its message is not sent again', async () => {
  const store = new OneTask('echo');
  store.instead.push({ kind: 'task.acquire', reply: { status: 409, data: 'Task is not pending' } });
  const transport = transportTo(store);
  await push(transport);
  // Its place is free again.
  await push(transport);
  expect(await store.settled).toEqual(['resolved', '']);
});

test('a result that the store refuses rejects the promise with the reason', async () => {
  const store = new OneTask('echo result');
  store.instead.push({ kind: 'task.fulfill', reply: { status: 400, data: 'too large' } });
  await push(transportTo(store));
  expect(await store.settled).toEqual(['rejected', 'the result of the script cannot be stored: too large']);
});

test('at the limit of scripts a push waits until one ends or the transport closes', async () => {
  const go = join(folder, 'go');
  const store = new OneTask(`until [ -e ${go} ]; do sleep 0.01; done`);
  const transport = transportTo(store);
  await push(transport);
  const waiting = expect(push(transport)).rejects.toThrow('shutting down');
  expect(store.count('task.acquire')).toBe(1);
  await transport.close();
  await waiting;
  await expect(push(transport)).rejects.toThrow('shutting down');
  expect(store.count('task.release')).toBe(1);
});

test('without an API key Tensorlake gets no request, and the promise is rejected', async () => {
  const store = new OneTask('echo');
  await push(transportTo(store), 'bash://tensorlake');
  expect(await store.settled).toEqual(['rejected', 'TENSORLAKE_API_KEY is not set on the server']);
});

test('without docker on the PATH the promise is rejected', async () => {
  const store = new OneTask('echo');
  const bashOnly = mkdtempSync(join(folder, 'path-'));
  symlinkSync('/bin/bash', join(bashOnly, 'bash'));
  await push(transportTo(store, { env: { PATH: bashOnly } }), 'bash://docker/alpine');
  expect(await store.settled).toEqual(['rejected', 'failed to start docker: it is not on the PATH of the server']);
});

async function written(file: string): Promise<number> {
  const watcher = watch(join(file, '..'));
  try {
    while (!existsSync(file) || readFileSync(file, 'utf8') === '') await once(watcher, 'change');
  } finally {
    watcher.close();
  }
  return Number(readFileSync(file, 'utf8'));
}
