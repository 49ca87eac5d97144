import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { PromiseRecord } from '@resonate/protocol';
import { EventStream } from '../processes/event-stream.ts';
import { HttpClient } from '../processes/http-client.ts';
import { ServerProcess } from '../processes/server-process.ts';
import { FAR_FUTURE } from './state.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(180_000);
/** A repetition is allowed, because another process may use both cores for a second. A real delay shows in each run. */
jest.retryTimes(2);

/** Timers from their creation to the message on a worker's event stream. */

const TIMERS = 50;
/** The first timer is due this long after its request, so that every timer is set before it is due. */
const FIRST_AFTER_MS = 4_000;
const APART_MS = 20;
/**
 * Timers that only the poll of each second finds would be 500 ms late. On two cores with a load of 14 the medians were 8 to
 * 28 ms (`npm test -- test/http/timers`).
 */
const MEDIAN_LATENESS_MS = 400;

let server: ServerProcess;
let client: HttpClient;
let worker: EventStream;
let group = '';
let tests = 0;

beforeAll(async () => {
  server = await ServerProcess.start();
  client = new HttpClient(server.url, 8);
});

beforeEach(async () => {
  tests += 1;
  group = `group-${tests}`;
  worker = await EventStream.open(server.url, `/poll/${group}/worker`);
});

afterEach(() => worker.break());

afterAll(async () => {
  client?.close();
  await server?.dispose();
});

async function ok(kind: string, data: object): Promise<unknown> {
  const answer = await client.rpc(kind, data);
  expect(answer).toMatchObject({ status: 200 });
  return answer.data;
}

/** Ids and due times of the timers, `APART_MS` apart. */
function schedule(): Map<string, number> {
  const startAt = Date.now() + FIRST_AFTER_MS;
  return new Map(Array.from({ length: TIMERS }, (_, index) => [`${group}.${index}`, startAt + index * APART_MS]));
}

interface Seen {
  id: string;
  at: number;
  version?: number;
  promise?: PromiseRecord;
}

async function see(count: number): Promise<Seen[]> {
  const seen: Seen[] = [];
  while (seen.length < count) {
    const { message, at } = await worker.nextReceived();
    if (message.kind === 'execute') seen.push({ ...message.data.task, at });
    else seen.push({ id: message.data.promise.id, promise: message.data.promise, at });
  }
  return seen;
}

/** Checks that every timer fired once, none too early, and half of them with little delay. */
function expectInTime(what: string, dueAt: Map<string, number>, seen: Seen[]): void {
  expect(seen.map(({ id }) => id).sort()).toEqual([...dueAt.keys()].sort());
  const lateness = seen.map(({ id, at }) => at - (dueAt.get(id) ?? 0)).sort((a, b) => a - b);
  const median = lateness[Math.floor(lateness.length / 2)] ?? NaN;
  console.log(`${what}: ${lateness.length} timers, lateness in ms: median ${median}, most ${lateness.at(-1)}`);
  expect(lateness[0]).toBeGreaterThanOrEqual(0);
  expect(median).toBeLessThan(MEDIAN_LATENESS_MS);
}

describe('on time', () => {
  test('a task with resonate:delay is sent to its worker', async () => {
    const dueAt = schedule();
    await Promise.all(
      [...dueAt].map(([id, at]) => {
        const tags = { 'resonate:target': `poll://any@${group}`, 'resonate:delay': String(at) };
        return ok('promise.create', { id, timeoutAt: FAR_FUTURE, tags });
      }),
    );
    expectInTime('resonate:delay', dueAt, await see(TIMERS));
  });

  test('a sleep ends, and its listener is notified', async () => {
    const dueAt = schedule();
    await Promise.all(
      [...dueAt].map(async ([id, timeoutAt]) => {
        await ok('promise.create', { id, timeoutAt, tags: { 'resonate:timer': 'true' } });
        await ok('promise.register_listener', { awaited: id, address: `poll://uni@${group}/worker` });
      }),
    );
    const seen = await see(TIMERS);
    for (const { id, promise } of seen) {
      expect(promise).toMatchObject({ state: 'resolved', settledAt: dueAt.get(id), value: {} });
    }
    expectInTime('sleep', dueAt, seen);
  });

  test('a suspended task resumes when the sleep that it awaits ends', async () => {
    const dueAt = schedule();
    await Promise.all(
      [...dueAt].map(async ([id, timeoutAt]) => {
        const tags = { 'resonate:target': `poll://any@${group}` };
        const data = { id, timeoutAt: FAR_FUTURE, tags };
        const action = { kind: 'promise.create', head: {}, data };
        await ok('promise.create', { id: `${id}.sleep`, timeoutAt, tags: { 'resonate:timer': 'true' } });
        await ok('task.create', { pid: 'p', ttl: 3_600_000, action });
        const wait = { kind: 'promise.register_callback', head: {}, data: { awaited: `${id}.sleep`, awaiter: id } };
        await ok('task.suspend', { id, version: 1, actions: [wait] });
      }),
    );
    expectInTime('suspended on a sleep', dueAt, await see(TIMERS));
  });

  test('a task whose lease expired is sent to the next worker', async () => {
    const dueAt = new Map<string, number>();
    await Promise.all(
      [...schedule().keys()].map(async (id, index) => {
        const tags = { 'resonate:target': `poll://any@${group}` };
        const action = { kind: 'promise.create', head: {}, data: { id, timeoutAt: FAR_FUTURE, tags } };
        const ttl = FIRST_AFTER_MS + index * APART_MS;
        const { promise } = (await ok('task.create', { pid: 'p', ttl, action })) as { promise: PromiseRecord };
        // The server reads its clock once per request, so the lease begins at the creation time of the promise.
        dueAt.set(id, promise.createdAt + ttl);
      }),
    );
    const seen = await see(TIMERS);
    expect(seen.map(({ version }) => version)).toEqual(seen.map(() => 1));
    expectInTime('lease', dueAt, seen);
  });

  test('a listener is notified that a promise has timed out', async () => {
    const dueAt = schedule();
    await Promise.all(
      [...dueAt].map(async ([id, timeoutAt]) => {
        await ok('promise.create', { id, timeoutAt });
        await ok('promise.register_listener', { awaited: id, address: `poll://uni@${group}/worker` });
      }),
    );
    const seen = await see(TIMERS);
    for (const { id, promise } of seen) {
      expect(promise).toMatchObject({ state: 'rejected_timedout', settledAt: dueAt.get(id) });
    }
    expectInTime('timeout', dueAt, seen);
  });
});

test('a schedule creates one promise for each occurrence, and its worker gets them on time', async () => {
  const id = `${group}.every-second`;
  await ok('schedule.create', {
    id,
    cron: '* * * * * *',
    promiseId: '{{.id}}/{{.timestamp}}',
    promiseTimeout: 3_600_000,
    promiseTags: { 'resonate:target': `poll://any@${group}` },
  });
  const seen = await see(3);
  await ok('schedule.delete', { id });
  const times = seen.map((task) => Number(task.id.slice(id.length + 1)));
  expect(times.map((time) => time % 1_000)).toEqual([0, 0, 0]);
  const [first = 0] = times;
  expect(times).toEqual([first, first + 1_000, first + 2_000]);
  for (const [index, { at }] of seen.entries()) expect(at).toBeGreaterThanOrEqual(times[index] ?? Infinity);
  const { data } = await client.rpc('promise.get', { id: `${id}/${first}` });
  expect(data).toMatchObject({ promise: { createdAt: first, tags: { 'resonate:schedule': id } } });
  console.log(`schedule: lateness in ms: ${seen.map(({ at }, index) => at - (times[index] ?? 0)).join(', ')}`);
});
