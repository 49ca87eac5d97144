import { afterEach, expect, test } from '@jest/globals';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { TestDispatcher, until } from './dispatcher.fixture.ts';
import { createDispatcher } from './start.ts';

let tested: TestDispatcher;
const servers: Server[] = [];

const start = async (flags: Record<string, string | number> = {}) => {
  tested = await TestDispatcher.start({ 'messages-backoff-min': '10ms', 'messages-circuit-failures': 3, ...flags });
};

afterEach(async () => {
  await tested.stop();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A target with a given behaviour, and the ids that it received, in order. */
async function target(answer: (response: ServerResponse, id: string) => void) {
  const told: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      const { data } = JSON.parse(body) as { data: { task?: { id: string }; promise?: { id: string } } };
      const id = data.task?.id ?? data.promise?.id ?? '';
      told.push(id);
      answer(response, id);
    });
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, told };
}

const taken = (response: ServerResponse) => response.end();
const refused = (response: ServerResponse) => response.writeHead(500).end();

async function openCircuits(): Promise<number> {
  const { values } = await tested.runtime.metrics.circuitsOpen.get();
  return values.reduce((sum, { value }) => sum + value, 0);
}

test('messages for a failing target arrive when it works again, oldest first', async () => {
  await start({ 'messages-backoff-max': '1h', 'transports-http-push-concurrency': 1 });
  let answer = refused;
  const { url, told } = await target((response) => answer(response));
  const ids = Array.from({ length: 12 }, (_, index) => `p${index}`);
  for (const [index, id] of ids.entries()) {
    await tested.settleWithListener(id, url, Date.now() - (ids.length - index) * 1_000);
  }
  await until(async () => (await openCircuits()) === 1 && told.length > 5);
  answer = taken;
  const failed = told.length;
  await until(async () => (await tested.dueInMs(url)) === null);
  const [probe, ...others] = told.slice(failed);
  expect(others).toEqual(ids.filter((id) => id !== probe));
  expect(await openCircuits()).toBe(0);
});

test('the messages for a failing target are deferred together: only probes reach it', async () => {
  await start({ 'messages-backoff-min': '1h', 'messages-backoff-max': '1h' });
  const { url, told } = await target(refused);
  for (let index = 0; index < 3; index++) await tested.createTask(`first ${index}`, url);
  await until(async () => (await openCircuits()) === 1);
  const count = told.length;
  await Promise.all(Array.from({ length: 50 }, (_, index) => tested.createTask(`later ${index}`, url)));
  // They are due in half an hour or later. Newer messages are due later.
  await until(async () => ((await tested.dueInMs(url)) ?? 0) > 1_700_000);
  expect(told).toHaveLength(count);
  expect(await tested.runtime.store.queues.backlog('http', 100)).toMatchObject({ count: 0 });
});

test('a message that an operator delivers now is tried at once, although the target failed and has a long wait', async () => {
  await start({ 'messages-backoff-min': '1h', 'messages-backoff-max': '1h' });
  let answer = refused;
  const { url, told } = await target((response) => answer(response));
  for (let index = 0; index < 3; index++) await tested.createTask(`first ${index}`, url);
  await until(async () => (await openCircuits()) === 1);
  await tested.createTask('later', url);
  await until(async () => ((await tested.dueInMs(url)) ?? 0) > 1_700_000);
  answer = taken;
  expect(await tested.runtime.store.admin.deliver('later', 3_600_000)).toBe('due');
  await until(async () => (await openCircuits()) === 0);
  expect(told[3]).toBe('later');
});

test('a busy target with many messages gets none before the time that it asked for', async () => {
  await start({ 'transports-http-push-concurrency': 1 });
  const askedFrom = Date.now();
  const { url, told } = await target((response) => response.writeHead(429, { 'retry-after': '2' }).end());
  for (let index = 0; index < 6; index++) await tested.createTask(`p ${index}`, url);
  await until(async () => (await openCircuits()) === 1);
  const first = told.length;
  await until(() => Promise.resolve(told.length > first || Date.now() - askedFrom > 10_000));
  expect(told.length).toBeGreaterThan(first);
  expect(Date.now() - askedFrom).toBeGreaterThanOrEqual(2_000);
});

test('a failing target does not delay other targets', async () => {
  await start({ 'messages-backoff-max': '50ms' });
  const failing = await target(refused);
  const sound = await target(taken);
  await Promise.all(Array.from({ length: 200 }, (_, index) => tested.createTask(`f${index}`, failing.url)));
  await until(async () => (await openCircuits()) === 1);
  await Promise.all(Array.from({ length: 200 }, (_, index) => tested.settleWithListener(`s${index}`, sound.url)));
  await until(async () => sound.told.length === 200);
  expect(new Set(sound.told).size).toBe(200);
  // Each message for the failing target was tried at most once or twice in this time, not again and again.
  expect(failing.told.length).toBeLessThan(400);
});

test('200 messages to a healthy target arrive while 400 messages to a hanging target wait', async () => {
  await start();
  const hanging = await target(() => {});
  const sound = await target(taken);
  const create = (count: number, prefix: string, url: string) =>
    Promise.all(Array.from({ length: count }, (_, index) => tested.createTask(`${prefix}${index}`, url)));
  await create(400, 'h', hanging.url);
  await create(200, 's', sound.url);
  await until(async () => sound.told.length === 200);
  expect(hanging.told.length).toBeLessThanOrEqual(16);
});

test('an unblock becomes a dead letter after its last attempt; an execute never does', async () => {
  await start({ 'messages-max-attempts': 2, 'messages-backoff-max': '20ms' });
  const { url, told } = await target((response) => response.writeHead(418).end());
  await tested.settleWithListener('p', url);
  await tested.createTask('w', url);
  const letters = () => tested.runtime.store.deadLetters.list({}, 10);
  await until(async () => (await letters()).length === 1);
  expect(await letters()).toMatchObject([{ awaited: 'p', address: url, attempts: 2, transport: 'http' }]);
  expect((await letters())[0]?.lastError).toContain('418');
  expect(told.filter((id) => id === 'p')).toHaveLength(2);
  await until(async () => told.filter((id) => id === 'w').length > 4);
  const { values } = await tested.runtime.metrics.newDeadLetters.get();
  expect(values.filter(({ value }) => value > 0)).toMatchObject([
    { value: 1, labels: { transport: 'http', reason: 'attempts' } },
  ]);
});

test('a dead letter that is sent again arrives', async () => {
  await start({ 'messages-max-attempts': 1 });
  let answer = refused;
  const { url, told } = await target((response) => answer(response));
  await tested.settleWithListener('p', url);
  const { deadLetters } = tested.runtime.store;
  await until(async () => (await deadLetters.count(10)) === 1);
  answer = taken;
  await deadLetters.redrive({});
  await until(async () => told.length === 2 && (await tested.dueInMs(url)) === null);
  expect(await deadLetters.count(10)).toBe(0);
});

test('with several dispatchers, the messages that each has deferred arrive when the target works again', async () => {
  await start({ 'messages-backoff-max': '1h' });
  const second = createDispatcher(tested.runtime);
  await second.start();
  let answer = refused;
  const { url, told } = await target((response) => answer(response));
  await Promise.all(Array.from({ length: 100 }, (_, index) => tested.settleWithListener(`p${index}`, url)));
  await until(async () => told.length > 40 && (await tested.runtime.store.queues.backlog('http', 100)).count === 0);
  answer = taken;
  await until(async () => (await tested.dueInMs(url)) === null);
  await second.stop();
  expect(new Set(told).size).toBe(100);
});

test('an answer that is cut off is a failure, is counted once, and the message is sent again', async () => {
  await start({ 'messages-backoff-max': '20ms' });
  let first = true;
  const { url, told } = await target((response) => {
    if (first) response.destroy();
    else response.end();
    first = false;
  });
  await tested.settleWithListener('p', url);
  await until(async () => (await tested.dueInMs(url)) === null);
  expect(told).toEqual(['p', 'p']);
  expect(await tested.deliveries()).toEqual({ error: 1, success: 1 });
});

test('messages that one dispatcher resumes are not deferred again by another whose circuit is still open', async () => {
  await start({ 'messages-backoff-min': '1s', 'messages-backoff-max': '1h', 'messages-circuit-failures': 1 });
  const { store } = tested.runtime;
  let answer = refused;
  const { url, told } = await target((response) => answer(response));
  const queue = { transport: 'http' as const, target: new URL(url).origin };
  const deferred: number[] = [];
  const defer = store.queues.defer.bind(store.queues);
  store.queues.defer = async (queued, forMs) => {
    const count = await defer(queued, forMs);
    deferred.push(told.length);
    return count;
  };
  await tested.settleWithListener('p', url);
  // A probe failed, and nothing has become due since then.
  await until(async () => deferred.includes(2) || told.length > 2);
  answer = taken;
  const before = Date.now();
  // Does the same as another process that has reached the target.
  await store.queues.resume(queue, 3_600_000);
  await until(async () => told.length === 3);
  // This process's own circuit would have waited for two seconds.
  expect(Date.now() - before).toBeLessThan(1_500);
});

test('messages that are deferred while the target recovers are resumed, too', async () => {
  await start({ 'messages-backoff-max': '1h' });
  const { store } = tested.runtime;
  const defer = store.queues.defer.bind(store.queues);
  let answer = refused;
  const { url } = await target((response) => answer(response));
  let delayed = 0;
  store.queues.defer = async (queue, forMs) => {
    // Simulates a slow database: the deferral lasts until the target works again.
    if (++delayed === 2) await until(async () => (await openCircuits()) === 0);
    return defer(queue, forMs);
  };
  await Promise.all([1, 2, 3].map((index) => tested.settleWithListener(`a${index}`, url)));
  await until(async () => delayed >= 1 && (await openCircuits()) === 1);
  answer = taken;
  await Promise.all(Array.from({ length: 40 }, (_, index) => tested.settleWithListener(`b${index}`, url)));
  await until(async () => (await tested.dueInMs(url)) === null);
  expect(await openCircuits()).toBe(0);
}, 20_000);

test('resuming is tried again if the database was unavailable', async () => {
  await start({ 'messages-backoff-max': '1h' });
  const { store } = tested.runtime;
  const resume = store.queues.resume.bind(store.queues);
  let failures = 0;
  store.queues.resume = (queue, withinMs) =>
    failures++ > 0 ? resume(queue, withinMs) : Promise.reject(new Error('the database is away'));
  let answer = refused;
  const { url, told } = await target((response) => answer(response));
  await Promise.all(Array.from({ length: 30 }, (_, index) => tested.settleWithListener(`p${index}`, url)));
  await until(async () => (await openCircuits()) === 1 && (await store.queues.backlog('http', 100)).count === 0);
  answer = taken;
  await until(async () => (await tested.dueInMs(url)) === null);
  expect(new Set(told).size).toBe(30);
  expect(failures).toBeGreaterThan(1);
});

test('a probe and a deferral are tried again soon if the database was unavailable', async () => {
  await start({ 'messages-backoff-min': '4s', 'messages-backoff-max': '1h', 'messages-circuit-failures': 1 });
  const { queues } = tested.runtime.store;
  const failures = { defer: 0, resumeOne: 0 };
  const [defer, resumeOne] = [queues.defer.bind(queues), queues.resumeOne.bind(queues)];
  queues.defer = (queue, forMs) =>
    failures.defer++ > 0 ? defer(queue, forMs) : Promise.reject(new Error('the database is away'));
  const resumedAt: number[] = [];
  queues.resumeOne = (queue, withinMs) => {
    resumedAt.push(performance.now());
    return resumedAt.length > 1 ? resumeOne(queue, withinMs) : Promise.reject(new Error('the database is away'));
  };
  const { url } = await target(refused);
  await tested.createTask('p', url);
  // Nothing is due that would cause another deferral.
  await until(async () => failures.defer > 1);
  await until(async () => resumedAt.length > 1);
  // The circuit would have waited for at least another 2 s.
  expect(resumedAt[1]! - resumedAt[0]!).toBeLessThan(1_500);
}, 20_000);

test('a circuit is closed if its target has no messages left', async () => {
  await start({ 'messages-max-attempts': 1 });
  const { url } = await target(refused);
  await Promise.all([1, 2, 3].map((index) => tested.settleWithListener(`p${index}`, url)));
  await until(async () => (await tested.runtime.store.deadLetters.count(10)) === 3);
  await until(async () => (await openCircuits()) === 0);
  expect(await tested.dueInMs(url)).toBeNull();
});

test('a stop does not wait until everything is deferred', async () => {
  await start({ 'messages-circuit-failures': 1, 'messages-backoff-min': '1h', 'messages-backoff-max': '1h' });
  const { store } = tested.runtime;
  let begun = 0;
  let goOn = () => {};
  const held = new Promise<void>((resolve) => (goOn = resolve));
  store.queues.defer = async () => {
    begun++;
    await held;
    return 0;
  };
  const targets = await Promise.all(Array.from({ length: 10 }, () => target(refused)));
  await Promise.all(targets.map(({ url }, index) => tested.settleWithListener(`p${index}`, url)));
  await until(async () => (await openCircuits()) === 10 && begun === 1);
  const stopped = tested.dispatcher.stop();
  goOn();
  await stopped;
  expect(begun).toBe(1);
});

test('no log line contains the address, because URLs of webhooks contain tokens', async () => {
  await start({ 'messages-max-attempts': 1 });
  const { url } = await target(refused);
  await tested.settleWithListener('p', `${url}hook?token=s3cret`);
  await until(async () => (await tested.runtime.store.deadLetters.count(10)) === 1);
  await until(async () => tested.log().includes('an unblock became a dead letter'));
  expect(tested.log()).toContain('push failed');
  expect(tested.log()).toContain(new URL(url).origin);
  expect(tested.log()).not.toContain('s3cret');
});
