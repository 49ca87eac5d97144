import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { TestDispatcher, until } from './dispatcher.fixture.ts';
import { createDispatcher } from './start.ts';

const CONCURRENCY = 2;

let tested: TestDispatcher;

beforeEach(() => start());
afterEach(() => tested.stop());

async function start(overrides: Record<string, string> = {}): Promise<void> {
  const flags = { 'transports-http-push-concurrency': CONCURRENCY, 'messages-backoff-min': '10m', ...overrides };
  tested = await TestDispatcher.start(flags);
}

describe('a message to an HTTP target', () => {
  test('is sent as soon as it is due; an execute stays claimed until a worker acquires its task', async () => {
    const target = await tested.listen();
    await tested.createTask('w', target.url);
    const { message, response } = await target.next();
    expect(message).toEqual({
      kind: 'execute',
      head: { serverUrl: tested.runtime.serverUrl },
      data: { task: { id: 'w', version: 0 } },
    });
    response.end();
    await until(async () => (await tested.deliveries())['success'] === 1);
    expect(await tested.dueInMs(target.url)).toBeGreaterThan(20_000);
  });

  test('is deleted, if it is an unblock, when the target has accepted it', async () => {
    const target = await tested.listen();
    await tested.settleWithListener('p', target.url);
    const { message, response } = await target.next();
    expect(message).toMatchObject({ kind: 'unblock', data: { promise: { id: 'p', state: 'resolved' } } });
    response.end();
    await until(async () => (await tested.dueInMs(target.url)) === null);
  });

  test('waits if too many large ones are being pushed; small ones overtake them, and all arrive', async () => {
    await tested.stop();
    await start({ 'transports-http-push-concurrency': '100' });
    const target = await tested.listen();
    const value = { data: 'x'.repeat(4 << 20) };
    const ids = Array.from({ length: 16 }, (_, index) => `large ${index}`);
    for (const id of ids) await tested.settleWithListener(id, target.url, null, value);
    await tested.createTask('small', target.url);
    const arrived = [];
    do arrived.push(await target.next());
    while ((arrived.at(-1)?.message as { kind: string }).kind !== 'execute');
    // 32 MiB, and the message that exceeds it.
    expect(arrived.length + target.waiting - 1).toBeLessThanOrEqual(9);
    for (const { response } of arrived) response.end();
    while (arrived.length < ids.length + 1) {
      const next = await target.next();
      next.response.end();
      arrived.push(next);
    }
    await until(async () => (await tested.deliveries())['success'] === ids.length + 1);
    expect(await tested.runtime.store.queues.backlog('http', 100)).toMatchObject({ count: 0 });
  });

  test('that is refused is sent again after the backoff, not at once', async () => {
    const target = await tested.listen();
    await tested.settleWithListener('p', target.url);
    (await target.next()).response.writeHead(500).end();
    await until(async () => ((await tested.dueInMs(target.url)) ?? 0) > 250_000);
    expect(target.waiting).toBe(0);
    expect(await tested.deliveries()).toEqual({ error: 1 });
  });

  test('that a busy target refuses waits as long as the target asks, but at most messages.backoff_max', async () => {
    await tested.stop();
    await start({ 'messages-backoff-min': '1ms', 'messages-backoff-max': '5m' });
    const target = await tested.listen();
    for (const [id, seconds] of [
      ['one', 60],
      ['two', 6_000],
    ] as const) {
      await tested.createTask(id, target.url);
      (await target.next()).response.writeHead(503, { 'retry-after': String(seconds) }).end();
    }
    await until(async () => (await tested.deliveries())['error'] === 2);
    const dueInMs = async () => (await tested.dueInMs(target.url)) ?? 0;
    await until(async () => (await dueInMs()) > 50_000);
    expect(await dueInMs()).toBeLessThanOrEqual(60_000);
    await tested.runtime.store.execute(
      { kind: 'promise.settle', data: { id: 'one', state: 'resolved', value: {} } },
      null,
      0,
    );
    await until(async () => (await dueInMs()) > 250_000);
    expect(await dueInMs()).toBeLessThanOrEqual(300_000);
  });

  test('that was delivered counts as a success even if that could not be recorded', async () => {
    const target = await tested.listen();
    tested.runtime.store.outbox.acknowledge = () => Promise.reject(new Error('the database is away'));
    await tested.settleWithListener('p', target.url);
    (await target.next()).response.end();
    await until(async () => Object.keys(await tested.deliveries()).length > 0);
    await tested.dispatcher.stop();
    expect(await tested.deliveries()).toEqual({ success: 1 });
  });
});

describe('a target that hangs', () => {
  test('has at most its share of running pushes, and does not delay other targets', async () => {
    const [hanging, sound] = [await tested.listen(), await tested.listen()];
    await Promise.all(Array.from({ length: 10 }, (_, index) => tested.createTask(`h${index}`, hanging.url)));
    const first = await hanging.next();
    await hanging.next();
    await tested.createTask('s', sound.url);
    expect((await sound.next()).message).toMatchObject({ data: { task: { id: 's' } } });
    expect(hanging.waiting).toBe(0);
    // A slot that becomes free is used at once.
    first.response.end();
    await hanging.next();
  });

  test('leaves memory for large messages to other targets, even if two hang', async () => {
    await tested.stop();
    await start({ 'transports-http-push-concurrency': '100' });
    const value = { data: 'x'.repeat(3 << 20) };
    for (const name of ['one', 'two']) {
      const hanging = await tested.listen();
      const ids = Array.from({ length: 12 }, (_, index) => `${name} ${index}`);
      for (const id of ids) await tested.settleWithListener(id, hanging.url, null, value);
      // It is due after the large ones. When it arrives, they have taken all the memory that they get.
      await tested.createTask(name, hanging.url);
      while (((await hanging.next()).message as { kind: string }).kind !== 'execute');
    }
    const sound = await tested.listen();
    await tested.settleWithListener('large', sound.url, null, value);
    expect((await sound.next()).message).toMatchObject({ data: { promise: { id: 'large' } } });
  });

  test('delays a stop only briefly: messages that were being pushed are due again at once', async () => {
    const hanging = await tested.listen();
    await tested.createTask('w', hanging.url);
    await hanging.next();
    expect(await tested.dueInMs(hanging.url)).toBeGreaterThan(20_000);
    await tested.dispatcher.stop();
    expect(await tested.dueInMs(hanging.url)).toBeLessThanOrEqual(0);
  });
});

test('a stop lets a target answer, so that what it took is not sent again', async () => {
  await tested.stop();
  await start({ 'server-shutdown-timeout': '1m' });
  const slow = await tested.listen();
  await tested.createTask('w', slow.url);
  const { response } = await slow.next();
  const stopped = tested.dispatcher.stop();
  await new Promise((resolve) => setImmediate(resolve));
  response.end();
  await stopped;
  expect(await tested.deliveries()).toEqual({ success: 1 });
  expect(await tested.dueInMs(slow.url)).toBeGreaterThan(20_000);
});

test('an unblock whose push takes longer than tasks.retry_timeout is not pushed by another dispatcher', async () => {
  const RETRY_MS = 300;
  await tested.stop();
  tested = await TestDispatcher.start({ 'tasks-retry-timeout': RETRY_MS });
  const second = createDispatcher(tested.runtime);
  await second.start();
  const slow = await tested.listen();
  await tested.settleWithListener('p', slow.url);
  const { response } = await slow.next();
  const startedAt = Date.now();
  await until(async () => ((await tested.dueInMs(slow.url)) ?? 0) + Date.now() > startedAt + 4 * RETRY_MS);
  expect(slow.waiting).toBe(0);
  response.end();
  await until(async () => (await tested.dueInMs(slow.url)) === null);
  await second.stop();
});

test('a push that takes longer than tasks.retry_timeout is repeated only after it has ended', async () => {
  await tested.stop();
  await start({ 'tasks-retry-timeout': '50ms' });
  const target = await tested.listen();
  await tested.createTask('w', target.url);
  const { response } = await target.next();
  const claims = async () => tested.runtime.store.queues.nextDueAt('http', [new URL(target.url).origin]);
  for (let again = 0; again < 3; again++) {
    const claimedUntil = await claims();
    await until(async () => (await claims()) !== claimedUntil);
  }
  expect(target.waiting).toBe(0);
  response.end();
  expect((await target.next()).message).toMatchObject({ data: { task: { id: 'w' } } });
});

test('a target gets its messages even if many targets before it by name have waiting messages', async () => {
  const later = { 'resonate:delay': String(Date.now() + 3_600_000) };
  const others = Array.from({ length: 2_100 }, (_, index) => `http://1${String(index).padStart(5, '0')}.invalid/`);
  await Promise.all(others.map((url, index) => tested.createTask(`o${index}`, url, later)));
  const target = await tested.listen('localhost');
  await tested.createTask('w', target.url);
  expect((await target.next()).message).toMatchObject({ data: { task: { id: 'w' } } });
  await tested.createTask('x', target.url);
  expect((await target.next()).message).toMatchObject({ data: { task: { id: 'x' } } });
});

test('every target gets its message if far more targets are due than compete for the free slots at once', async () => {
  await tested.stop();
  // A batch of 1 message: 4 targets compete.
  await start({ 'messages-batch-size': '1', 'transports-http-push-max-in-flight': '3' });
  const targets = await Promise.all(Array.from({ length: 30 }, () => tested.listen()));
  await Promise.all(targets.map(({ url }, index) => tested.createTask(`w${index}`, url)));
  await Promise.all(targets.map(async (target) => (await target.next()).response.end()));
  await until(async () => (await tested.deliveries())['success'] === 30);
});

test('messages of a transport that is switched off do not scale dispatchers, but their targets are reported', async () => {
  await tested.createTask('s', 'sqs://orders');
  const exported = () => tested.runtime.metrics.registry.metrics();
  await until(async () =>
    (await exported()).includes('resonate_target_backlog_messages{transport="sqs",target="orders"} 1'),
  );
  expect(await exported()).toContain('resonate_backlog_messages{transport="sqs"} 0');
});

test('messages that are due and not delivered are reported as backlog, by transport', async () => {
  const hanging = await tested.listen();
  await Promise.all(Array.from({ length: 10 }, (_, index) => tested.createTask(`h${index}`, hanging.url)));
  await Promise.all([1, 2, 3].map((index) => tested.createTask(`p${index}`, 'poll://any@nobody')));
  const backlog = async () => {
    const { values } = await tested.runtime.metrics.backlog.get();
    return Object.fromEntries(values.map(({ labels, value }) => [String(labels.transport), value]));
  };
  // Messages in hanging pushes are claimed, so they do not count.
  await until(async () => (await backlog())['poll'] === 3);
  expect(await backlog()).toMatchObject({ poll: 3, http: 10 - CONCURRENCY, gcps: 0 });
  tested.runtime.store.queues.backlog = () => Promise.reject(new Error('the database is away'));
  await until(async () => Object.keys(await backlog()).length === 0);
}, 30_000);
