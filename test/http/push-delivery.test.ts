import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { freePort } from '../processes/free-port.ts';
import { HttpClient } from '../processes/http-client.ts';
import { ServerProcess } from '../processes/server-process.ts';
import { until } from '../processes/until.ts';
import { PushTarget, type Behaviour } from './push-target.ts';
import { FAR_FUTURE } from './state.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(180_000);

/** An unanswered message would be sent again anyway after this time, far later than SOON_MS. */
const LATE_RETRY = ['--tasks-retry-timeout', '3600000'];
const SOON_MS = 30_000;

const SERVER_URL = 'https://resonate.example.com/base';
const BACKOFF_MIN_MS = 40;
const CONCURRENCY = 4;
const RETRY_MS = 300;
/** Times are rounded to ms. */
const CLOCK_MS = 2;

let server: ServerProcess;
let client: HttpClient;
let targets: PushTarget[] = [];

afterEach(async () => {
  for (const target of targets) await target.close();
  targets = [];
});

async function start(...args: string[]): Promise<void> {
  server = await ServerProcess.start({ args });
  client = new HttpClient(server.url, 4);
}

async function stop(): Promise<void> {
  client?.close();
  await server?.dispose();
}

/** Different in each test, because the tests share a server. */
let tests = 0;
let awaited = '';
let work = '';
let other = '';

beforeEach(() => {
  tests += 1;
  [awaited, work, other] = [`awaited-${tests}`, `work-${tests}`, `other-${tests}`];
});

async function target(behaviour?: Behaviour, port?: number): Promise<PushTarget> {
  const started = await PushTarget.start(behaviour, port);
  targets.push(started);
  return started;
}

async function ok(kind: string, data: object): Promise<unknown> {
  const answer = await client.rpc(kind, data);
  expect(answer).toMatchObject({ status: 200 });
  return answer.data;
}

function createTask(id: string, address: string): Promise<unknown> {
  return ok('promise.create', { id, timeoutAt: FAR_FUTURE, tags: { 'resonate:target': address } });
}

/** Settles a promise that has a listener at `address`. @returns the answer to the settle. */
async function settleFor(address: string): Promise<unknown> {
  const promise = { id: awaited, timeoutAt: FAR_FUTURE, param: { data: 'cA==' }, tags: { team: 'red' } };
  await ok('promise.create', promise);
  await ok('promise.register_listener', { awaited, address });
  return ok('promise.settle', { id: awaited, state: 'rejected', value: { data: 'dg==' } });
}

describe('a message to an HTTP address', () => {
  beforeAll(() =>
    start(
      ...LATE_RETRY,
      ...['--server-url', SERVER_URL, '--messages-backoff-min', String(BACKOFF_MIN_MS)],
      ...['--transports-http-push-concurrency', String(CONCURRENCY)],
    ),
  );
  afterAll(stop);

  test('is POSTed as JSON to exactly that address and contains the URL of the server', async () => {
    const worker = await target();
    await createTask(work, `${worker.url}/any/path?key=a%20b`);
    const [execute] = await worker.received(work, 1);
    expect(execute).toMatchObject({ method: 'POST', path: '/any/path?key=a%20b' });
    expect(execute?.contentType).toMatch(/^application\/json\b/);
    expect(execute?.message).toEqual({
      kind: 'execute',
      head: { serverUrl: SERVER_URL },
      data: { task: { id: work, version: 0 } },
    });

    const settled = await settleFor(`${worker.url}/listener`);
    const [unblock] = await worker.received(awaited, 1);
    expect(unblock).toMatchObject({ method: 'POST', path: '/listener' });
    expect(unblock?.message).toEqual({ kind: 'unblock', head: {}, data: settled });
  });

  test('has the new version after a task was released and after its lease expired', async () => {
    const worker = await target();
    await createTask(work, worker.url);
    await worker.received(work, 1);
    await ok('task.acquire', { id: work, version: 0, pid: 'p', ttl: 3_600_000 });
    await ok('task.release', { id: work, version: 1 });
    await worker.received(work, 2, SOON_MS);
    await ok('task.acquire', { id: work, version: 1, pid: 'p', ttl: 50 });
    const pushes = await worker.received(work, 3, SOON_MS);
    expect(pushes.map(({ message }) => message.data)).toEqual(
      [0, 1, 2].map((version) => ({ task: { id: work, version } })),
    );
  });

  test('is sent again until the answer is a 2xx, each time after a longer wait', async () => {
    const statuses = [500, 302, 404, 503, 204];
    const worker = await target(() => statuses.shift() ?? 200);
    const since = Date.now();
    await settleFor(worker.url);
    const pushes = await worker.received(awaited, 5, SOON_MS);
    // The waits double, with jitter down to half. A busy machine may make any of them longer, and the test may notice one
    // push late and the next one in time, so all waits up to a push are compared with the time since the beginning.
    for (const [index, { at }] of pushes.entries()) {
      expect(at - since).toBeGreaterThanOrEqual((BACKOFF_MIN_MS / 2) * (2 ** index - 1) - index);
    }
    // Six deliveries of another message take long enough for this one to be sent again if the 204 had not ended it.
    statuses.push(500, 500, 500, 500, 500);
    await createTask(other, worker.url);
    await worker.received(other, 6, SOON_MS);
    expect(worker.about(awaited)).toHaveLength(5);
  });

  test('is sent again if no server listened on that port', async () => {
    const port = await freePort();
    const origin = `http://127.0.0.1:${port}`;
    await createTask(work, `${origin}/${work}`);
    await until('a push has failed', SOON_MS, () => server.output(2_000).includes(origin));
    const worker = await target(undefined, port);
    await worker.received(work, 1, SOON_MS);
  });

  test('is not delayed by another target that hangs, which gets only its own number of concurrent pushes', async () => {
    const hanging = await target(() => 'hang');
    const healthy = await target();
    const stuck = Array.from({ length: 50 }, (_, index) => `${work}-${index}`);
    await Promise.all(stuck.map((id) => createTask(id, `${hanging.url}/${id}`)));
    await until('pushes to the hanging target', SOON_MS, () => hanging.pushes.length >= CONCURRENCY);
    for (let count = 0; count < 20; count++) await createTask(`${other}-${count}`, `${healthy.url}/${count}`);
    await until('all pushes to the healthy target', SOON_MS, () => healthy.pushes.length >= 20);
    expect(hanging.mostAtOnce).toBe(CONCURRENCY);
    expect(hanging.pushes).toHaveLength(CONCURRENCY);
  });
});

describe('a message to an HTTP address, with a short tasks.retry_timeout', () => {
  beforeAll(() => start('--tasks-retry-timeout', String(RETRY_MS)));
  afterAll(stop);

  test('names the host and port of a server that has no --server-url', async () => {
    const worker = await target();
    await createTask(work, worker.url);
    const [execute] = await worker.received(work, 1);
    expect(execute?.message).toMatchObject({ head: { serverUrl: server.url } });
  });

  test('is sent again until the task is acquired; an unblock is sent once', async () => {
    const worker = await target();
    await settleFor(worker.url);
    const since = Date.now();
    await createTask(work, worker.url);
    const pushes = await worker.received(work, 4);
    for (const [index, { at, message }] of pushes.entries()) {
      expect(message).toMatchObject({ kind: 'execute', data: { task: { id: work, version: 0 } } });
      // On a busy machine the test notices a push late and the next one in time, so it does not compare those two times.
      expect(at - since).toBeGreaterThanOrEqual(index * (RETRY_MS - CLOCK_MS));
    }
    await ok('task.acquire', { id: work, version: 0, pid: 'p', ttl: 3_600_000 });
    const before = worker.about(work).length;
    await createTask(other, worker.url);
    await worker.received(other, 4);
    // One message may have been in flight while the task was acquired.
    expect(worker.about(work).length).toBeLessThanOrEqual(before + 1);
    expect(worker.about(awaited)).toHaveLength(1);
  });
});

test('pushes in flight do not delay a stop, and their messages are sent again at the next start, also after a kill', async () => {
  await start(...LATE_RETRY);
  try {
    const worker = await target(({ path }) => (path === '/taken' ? 200 : 'hang'));
    await createTask(other, `${worker.url}/taken`);
    await worker.received(other, 1);
    await createTask(work, worker.url);
    await settleFor(worker.url);
    const first = [...(await worker.received(work, 1)), ...(await worker.received(awaited, 1))];
    // If the stop waited for the pushes, which end after 180 s, it would give up after server.shutdown_timeout with code 1.
    expect(await server.stop()).toBe(0);
    await until('the pushes end', SOON_MS, () => first.every(({ isGivenUp }) => isGivenUp));

    await server.restart();
    await worker.received(work, 2, SOON_MS);
    await worker.received(awaited, 2, SOON_MS);
    // This message was delivered. The server stopped cleanly, so it had recorded that.
    expect(worker.about(other)).toHaveLength(1);
    await server.kill9();

    worker.behaviour = () => 200;
    await server.restart();
    const pushes = await worker.received(work, 3, SOON_MS);
    expect(pushes[2]?.message).toEqual(pushes[0]?.message);
    await worker.received(awaited, 3, SOON_MS);
  } finally {
    await stop();
  }
});
