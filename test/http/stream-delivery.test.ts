import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Message } from '@resonate/protocol';
import { EventStream } from '../processes/event-stream.ts';
import { HttpClient } from '../processes/http-client.ts';
import { ServerProcess } from '../processes/server-process.ts';
import { until } from '../processes/until.ts';
import { RawConnection, requestBytes } from './raw-connection.ts';
import { FAR_FUTURE } from './state.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(180_000);

/** A message is sent again anyway after this time if no worker acquires its task, far later than SOON_MS. */
const LATE_RETRY = ['--tasks-retry-timeout', '3600000'];
const SOON_MS = 30_000;
const RETRY_MS = 300;
/** Times are rounded to ms. */
const CLOCK_MS = 2;

let server: ServerProcess;
let client: HttpClient;
let streams: EventStream[] = [];
/** Different in each test, because the tests share a server. */
let group = '';
let tests = 0;

async function start(...args: string[]): Promise<void> {
  server = await ServerProcess.start({ args });
  client = new HttpClient(server.url, 8);
}

async function stop(): Promise<void> {
  client?.close();
  await server?.dispose();
}

beforeEach(() => {
  tests += 1;
  group = `group-${tests}`;
});

afterEach(() => {
  for (const stream of streams) stream.break();
  streams = [];
});

async function open(id: string): Promise<EventStream> {
  const stream = await EventStream.open(server.url, `/poll/${group}/${id}`);
  streams.push(stream);
  return stream;
}

async function ok(kind: string, data: object): Promise<unknown> {
  const answer = await client.rpc(kind, data);
  expect(answer).toMatchObject({ status: 200 });
  return answer.data;
}

/** An address of this test's group: `any@…`, `any@…/id` or `uni@…/id`. */
function address(cast: 'any' | 'uni', id?: string): string {
  return `poll://${cast}@${group}${id === undefined ? '' : `/${id}`}`;
}

/** Creates a promise with a task; its id is unique to the test. */
async function createTask(name: string, target: string): Promise<string> {
  const id = `${group}.${name}`;
  await ok('promise.create', { id, timeoutAt: FAR_FUTURE, tags: { 'resonate:target': target } });
  return id;
}

async function createTasks(count: number, target: string): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index++) ids.push(await createTask(String(index), target));
  return ids;
}

function taskOf(message: Message): string {
  if (message.kind !== 'execute') throw new Error(`not an execute: ${JSON.stringify(message)}`);
  return message.data.task.id;
}

async function tasksFrom(stream: EventStream, count: number): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < count) ids.push(taskOf(await stream.next(SOON_MS)));
  return ids;
}

/** How many messages count as delivered. */
async function delivered(): Promise<number> {
  const metrics = await (await fetch(server.metricsUrl)).text();
  return Number(/^resonate_deliveries_total\{[^}]*status="success"[^}]*\} (\d+)/m.exec(metrics)?.[1] ?? 0);
}

describe('a message to poll://', () => {
  beforeAll(() => start(...LATE_RETRY));
  afterAll(stop);

  test('is sent over a stream that is never cached and whose first bytes are sent at once', async () => {
    const raw = await RawConnection.open(server.url);
    await raw.write(requestBytes('GET', `/poll/${group}/a`, { accept: 'text/event-stream' }));
    const first = await raw.until('a comment line', (text) => /^:.*\n\n/m.test(text));
    expect(first).toMatch(/^HTTP\/1\.1 200 /);
    expect(first).toMatch(/^content-type: text\/event-stream/im);
    expect(first).toMatch(/^cache-control: no-cache, no-transform\r?$/im);
    const id = await createTask('work', address('any'));
    const message = { kind: 'execute', head: { serverUrl: server.url }, data: { task: { id, version: 0 } } };
    const text = await raw.until('the message', (received) => received.includes('execute'));
    expect(text).toContain(`\ndata: ${JSON.stringify(message)}\n\n`);
    raw.close();
  });

  test('for any stream of a group goes to the streams in turn', async () => {
    const members = [await open('a'), await open('b'), await open('c')];
    const ids = await createTasks(9, address('any'));
    const received = await Promise.all(members.map((stream) => tasksFrom(stream, 3)));
    expect(received.flat().sort()).toEqual(ids.sort());
  });

  test('for any stream of a group goes to the stream that it names, or to another one if that is not open', async () => {
    const [a, b] = [await open('a'), await open('b')];
    const preferred = await createTasks(4, address('any', 'b'));
    expect(await tasksFrom(b, 4)).toEqual(preferred);
    // Messages whose tasks are not acquired would be sent again when their stream breaks.
    for (const id of preferred) await ok('task.acquire', { id, version: 0, pid: 'p', ttl: 3_600_000 });
    b.break();
    await b.ended;
    const id = await createTask('later', address('any', 'b'));
    expect(await tasksFrom(a, 1)).toEqual([id]);
  });

  test('for one stream is not sent to others', async () => {
    const [a, b] = [await open('a'), await open('b')];
    const forA = await createTasks(3, address('uni', 'a'));
    expect(await tasksFrom(a, 3)).toEqual(forA);
    const forB = await createTask('forB', address('uni', 'b'));
    // This is the first message that b gets, so b got none of the others.
    expect(await tasksFrom(b, 1)).toEqual([forB]);
  });

  test('for a group is not sent to other groups', async () => {
    const own = await open('a');
    const others = await EventStream.open(server.url, `/poll/${group}-other/a`);
    streams.push(others);
    const ids = [await createTask('own', address('any')), await createTask('own-uni', address('uni', 'a'))];
    expect(await tasksFrom(own, 2)).toEqual(ids);
    const id = await createTask('others', `poll://any@${group}-other`);
    expect(await tasksFrom(others, 1)).toEqual([id]);
  });

  test('waits until a stream opens, and is then sent at once', async () => {
    const forAny = await createTasks(5, address('any'));
    const forOne = await createTask('forOne', address('uni', 'late'));
    await ok('promise.create', { id: `${group}.awaited`, timeoutAt: FAR_FUTURE });
    await ok('promise.register_listener', { awaited: `${group}.awaited`, address: address('uni', 'late') });
    const settled = await ok('promise.settle', { id: `${group}.awaited`, state: 'resolved', value: { data: 'eA==' } });
    const stream = await open('late');
    const messages = [];
    while (messages.length < 7) messages.push(await stream.next(SOON_MS));
    expect(messages.filter(({ kind }) => kind === 'unblock')).toEqual([{ kind: 'unblock', head: {}, data: settled }]);
    expect(
      messages
        .filter(({ kind }) => kind === 'execute')
        .map(taskOf)
        .sort(),
    ).toEqual([...forAny, forOne].sort());
  });

  test('about a settled promise is sent once to every listener', async () => {
    const [a, b] = [await open('a'), await open('b')];
    const awaited = `${group}.awaited`;
    await ok('promise.create', { id: awaited, timeoutAt: FAR_FUTURE });
    for (const id of ['a', 'b', 'a']) await ok('promise.register_listener', { awaited, address: address('uni', id) });
    const settled = await ok('promise.settle', { id: awaited, state: 'rejected_canceled' });
    for (const stream of [a, b]) expect(await stream.next()).toEqual({ kind: 'unblock', head: {}, data: settled });
    for (const [id, stream] of Object.entries({ a, b })) {
      const next = await createTask(`after-${id}`, address('uni', id));
      expect(await tasksFrom(stream, 1)).toEqual([next]);
    }
  });

  test('is sent to the next stream at once if its stream breaks right after it', async () => {
    for (let rounds = 0, moved = 0; moved < 10; rounds++) {
      expect(rounds).toBeLessThan(100);
      const first = await open(`first-${rounds}`);
      const before = await delivered();
      const id = await createTask(`work-${rounds}`, address('any'));
      expect(await tasksFrom(first, 1)).toEqual([id]);
      const second = await open(`second-${rounds}`);
      first.break();
      // If the server notices the break later than 500 ms after the message, the message counts as delivered. On a busy
      // machine that happens.
      await until('moved or delivered', SOON_MS, async () => second.waiting > 0 || (await delivered()) > before);
      if (second.waiting > 0) {
        moved++;
        expect(await tasksFrom(second, 1)).toEqual([id]);
      }
      await ok('task.acquire', { id, version: 0, pid: 'p', ttl: 3_600_000 });
      second.break();
      await second.ended;
    }
  });

  test('is not sent again if its task was acquired before the stream broke', async () => {
    const first = await open('first');
    const id = await createTask('work', address('any'));
    await tasksFrom(first, 1);
    await ok('task.acquire', { id, version: 0, pid: 'p', ttl: 3_600_000 });
    first.break();
    await first.ended;
    const second = await open('second');
    const next = await createTask('next', address('any'));
    expect(await tasksFrom(second, 1)).toEqual([next]);
  });

  test('goes to the newer of two streams with the same group and id; the older one ends cleanly', async () => {
    const older = await open('same');
    await createTask('before', address('uni', 'same'));
    await tasksFrom(older, 1);
    await ok('task.acquire', { id: `${group}.before`, version: 0, pid: 'p', ttl: 3_600_000 });
    const newer = await open('same');
    expect(await older.ended).toEqual({ clean: true });
    const ids = [await createTask('uni', address('uni', 'same')), await createTask('any', address('any'))];
    expect(await tasksFrom(newer, 2)).toEqual(ids);
  });

  test('arrives unchanged, with any text', async () => {
    const stream = await open('text');
    const id = `${group}/é💥\u2028\r\n\ndata: {}`;
    await ok('promise.create', { id, timeoutAt: FAR_FUTURE, tags: { 'resonate:target': address('any') } });
    expect(await tasksFrom(stream, 1)).toEqual([id]);
  });

  test('arrives exactly once, also if a thousand are sent', async () => {
    const members = await Promise.all(Array.from({ length: 5 }, (_, index) => open(String(index))));
    const ids = Array.from({ length: 1_000 }, (_, index) => `${group}.${index}`);
    const tags = { 'resonate:target': address('any') };
    await Promise.all(ids.map((id) => ok('promise.create', { id, timeoutAt: FAR_FUTURE, tags })));
    const received: string[] = [];
    const collect = async (stream: EventStream) => {
      while (received.length < ids.length) received.push(taskOf(await stream.next()));
    };
    // Readers that still wait when all messages have arrived end with their streams.
    const collecting = members.map((stream) => collect(stream).catch(() => undefined));
    await until('all messages', 30_000, () => received.length >= ids.length);
    for (const stream of members) stream.break();
    await Promise.all(collecting);
    expect(received.sort()).toEqual(ids.sort());
  });

  test('is not sent again if it was delivered right before a clean stop', async () => {
    const stream = await open('one');
    const awaited = `${group}.awaited`;
    await ok('promise.create', { id: awaited, timeoutAt: FAR_FUTURE });
    await ok('promise.register_listener', { awaited, address: address('uni', 'one') });
    await ok('promise.settle', { id: awaited, state: 'resolved' });
    expect(await stream.next()).toMatchObject({ kind: 'unblock' });
    expect(await server.stop()).toBe(0);
    await server.restart();
    const next = await open('one');
    // An `unblock` would be sent before any `execute`.
    const task = await createTask('next', address('uni', 'one'));
    expect(await tasksFrom(next, 1)).toEqual([task]);
  });
});

describe('with a short tasks.retry_timeout, a message to poll://', () => {
  beforeAll(() => start('--tasks-retry-timeout', String(RETRY_MS)));
  afterAll(stop);

  test('is sent again until its task is acquired', async () => {
    const stream = await open('worker');
    const since = Date.now();
    const id = await createTask('work', address('any'));
    const times: number[] = [];
    while (times.length < 4) {
      const { message, at } = await stream.nextReceived();
      expect(message).toMatchObject({ kind: 'execute', data: { task: { id, version: 0 } } });
      times.push(at);
    }
    for (const [index, at] of times.entries()) {
      // On a busy machine the test notices a message late and the next one in time, so it does not compare those two times.
      expect(at - since).toBeGreaterThanOrEqual(index * (RETRY_MS - CLOCK_MS));
    }
    await ok('task.acquire', { id, version: 0, pid: 'p', ttl: 3_600_000 });
    const next = await createTask('next', address('any'));
    const after: string[] = [];
    while (after.filter((task) => task === next).length < 3) after.push(taskOf(await stream.next()));
    // One message may have been in flight while the task was acquired.
    expect(after.filter((task) => task === id).length).toBeLessThanOrEqual(1);
  });
});
