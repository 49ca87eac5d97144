import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { loadConfig } from '@resonate/config';
import { openRuntime, type Runtime } from '@resonate/runtime';
import { createLogger, type Service } from '@resonate/service';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { createDispatcher } from './start.ts';

const CONCURRENCY = 2;

let runtime: Runtime;
let dispatcher: Service;
const servers: Server[] = [];

beforeEach(() => start());

async function start(overrides: Record<string, string> = {}): Promise<void> {
  const flags = { 'transports-http-push-concurrency': CONCURRENCY, 'messages-backoff-min': '10m', ...overrides };
  const { config } = loadConfig({ env: {}, flags, command: 'dev' });
  const logger = createLogger({ level: 'error', stream: new PassThrough().resume() });
  runtime = await openRuntime({ config, role: 'all', version: 'test', logger });
  dispatcher = createDispatcher(runtime);
  await dispatcher.start();
}

async function stop(): Promise<void> {
  await dispatcher.stop();
  await runtime.store.close();
}

afterEach(async () => {
  await stop();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

interface Target {
  url: string;
  /** The next message, with the answer to give. */
  next(): Promise<{ message: unknown; response: ServerResponse }>;
  /** How many came that `next` has not handed out. */
  readonly waiting: number;
}

/** @param host a name of this machine. */
async function listen(host = '127.0.0.1'): Promise<Target> {
  const arrived: { message: unknown; response: ServerResponse }[] = [];
  const waiters: (() => void)[] = [];
  const server = createServer((request, response) => {
    void readJson(request).then((message) => {
      arrived.push({ message, response });
      waiters.splice(0).forEach((wake) => wake());
    });
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}/`,
    async next() {
      while (arrived.length === 0) await new Promise<void>((resolve) => waiters.push(resolve));
      return arrived.shift()!;
    },
    get waiting() {
      return arrived.length;
    },
  };
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return JSON.parse(body);
}

function create(id: string, tags: Record<string, string>) {
  const data = { id, timeoutAt: Date.now() + 3_600_000, param: {}, tags };
  return runtime.store.execute({ kind: 'promise.create', data }, null, 0);
}

function createTask(id: string, url: string, tags: Record<string, string> = {}) {
  return create(id, { 'resonate:target': url, ...tags });
}

async function settleWithListener(id: string, address: string): Promise<void> {
  await create(id, {});
  await runtime.store.execute({ kind: 'promise.register_listener', data: { awaited: id, address } }, null, 0);
  await runtime.store.execute({ kind: 'promise.settle', data: { id, state: 'resolved', value: {} } }, null, 0);
}

async function deliveries(): Promise<Record<string, number>> {
  const { values } = await runtime.metrics.deliveries.get();
  return Object.fromEntries(values.map(({ labels, value }) => [String(labels.status), value]));
}

/** When anything is due for the target again, in ms from now; null: never. */
async function dueInMs(url: string): Promise<number | null> {
  const at = await runtime.store.nextDeliveryAt('http', [new URL(url).origin]);
  return at === null ? null : at - Date.now();
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('a message to an HTTP target', () => {
  test('goes out as soon as it is due; an execute stays due until somebody acquires it', async () => {
    const target = await listen();
    await createTask('w', target.url);
    const { message, response } = await target.next();
    expect(message).toEqual({
      kind: 'execute',
      head: { serverUrl: runtime.serverUrl },
      data: { task: { id: 'w', version: 0 } },
    });
    response.end();
    await until(async () => (await deliveries())['success'] === 1);
    expect(await dueInMs(target.url)).toBeGreaterThan(20_000);
  });

  test('of an unblock goes once the target has taken it', async () => {
    const target = await listen();
    await settleWithListener('p', target.url);
    const { message, response } = await target.next();
    expect(message).toMatchObject({ kind: 'unblock', data: { promise: { id: 'p', state: 'resolved' } } });
    response.end();
    await until(async () => (await dueInMs(target.url)) === null);
  });

  test('that is refused comes again after the backoff, not at once', async () => {
    const target = await listen();
    await settleWithListener('p', target.url);
    (await target.next()).response.writeHead(500).end();
    await until(async () => ((await dueInMs(target.url)) ?? 0) > 250_000);
    expect(target.waiting).toBe(0);
    expect(await deliveries()).toEqual({ error: 1 });
  });

  test('whose taking could not be recorded is a success all the same, and not deferred as a failure', async () => {
    const target = await listen();
    runtime.store.acknowledge = () => Promise.reject(new Error('the database is away'));
    await settleWithListener('p', target.url);
    (await target.next()).response.end();
    await until(async () => Object.keys(await deliveries()).length > 0);
    await dispatcher.stop();
    expect(await deliveries()).toEqual({ success: 1 });
  });
});

describe('a target that hangs', () => {
  test('has no more than its share under way, and holds up no other', async () => {
    const [hanging, sound] = [await listen(), await listen()];
    await Promise.all(Array.from({ length: 10 }, (_, index) => createTask(`h${index}`, hanging.url)));
    const first = await hanging.next();
    await hanging.next();
    await createTask('s', sound.url);
    expect((await sound.next()).message).toMatchObject({ data: { task: { id: 's' } } });
    expect(hanging.waiting).toBe(0);
    // A slot that is free again is used at once.
    first.response.end();
    await hanging.next();
  });

  test('does not hold up a stop: what was under way is due again at once', async () => {
    const hanging = await listen();
    await createTask('w', hanging.url);
    await hanging.next();
    expect(await dueInMs(hanging.url)).toBeGreaterThan(20_000);
    await dispatcher.stop();
    expect(await dueInMs(hanging.url)).toBeLessThanOrEqual(0);
  });
});

test('a push that takes longer than tasks.retry_timeout is not repeated beside itself, but after it', async () => {
  await stop();
  await start({ 'tasks-retry-timeout': '50ms' });
  const target = await listen();
  await createTask('w', target.url);
  const { response } = await target.next();
  const claims = async () => runtime.store.nextDeliveryAt('http', [new URL(target.url).origin]);
  for (let again = 0; again < 3; again++) {
    const claimedUntil = await claims();
    await until(async () => (await claims()) !== claimedUntil);
  }
  expect(target.waiting).toBe(0);
  response.end();
  expect((await target.next()).message).toMatchObject({ data: { task: { id: 'w' } } });
});

test('a target gets its messages however many others, before it by name, have something waiting', async () => {
  const later = { 'resonate:delay': String(Date.now() + 3_600_000) };
  const others = Array.from({ length: 2_100 }, (_, index) => `http://1${String(index).padStart(5, '0')}.invalid/`);
  await Promise.all(others.map((url, index) => createTask(`o${index}`, url, later)));
  const target = await listen('localhost');
  await createTask('w', target.url);
  expect((await target.next()).message).toMatchObject({ data: { task: { id: 'w' } } });
  await createTask('x', target.url);
  expect((await target.next()).message).toMatchObject({ data: { task: { id: 'x' } } });
});

test('what is due and goes nowhere is told as backlog, by transport', async () => {
  const hanging = await listen();
  await Promise.all(Array.from({ length: 10 }, (_, index) => createTask(`h${index}`, hanging.url)));
  await Promise.all([1, 2, 3].map((index) => createTask(`p${index}`, 'poll://any@nobody')));
  const backlog = async () => {
    const { values } = await runtime.metrics.backlog.get();
    return Object.fromEntries(values.map(({ labels, value }) => [String(labels.transport), value]));
  };
  // Those that hang in slots are claimed.
  await until(async () => (await backlog())['poll'] === 3);
  expect(await backlog()).toMatchObject({ poll: 3, http: 10 - CONCURRENCY, gcps: 0 });
  runtime.store.backlog = () => Promise.reject(new Error('the database is away'));
  await until(async () => Object.keys(await backlog()).length === 0);
}, 30_000);
