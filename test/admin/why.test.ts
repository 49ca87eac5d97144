import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { ROUTES, type Cause, type Why } from '@resonate/admin';
import { freshPostgresDatabase, startPostgres } from '@resonate/testkit';
import { RoleProcess } from '../cluster/role-process.ts';
import { FAR_FUTURE } from '../http/state.ts';
import { EventStream } from '../processes/event-stream.ts';
import { ServerProcess } from '../processes/server-process.ts';
import type { Spawned } from '../processes/spawned.ts';
import { until } from '../processes/until.ts';
import { call, searchPromises } from '../processes/wire.ts';
import { startClient, encoded, type Client } from '../sdk/client.ts';
import { startWorker, type WorkerOptions } from '../sdk/worker-process.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(180_000);
const WITHIN_MS = 60_000;
const GROUP = 'why-workers';

/** Produces each cause with real servers and workers of the official SDK. The pure function has its own tests. */

let server: ServerProcess;
let client: Client;
const workers: Spawned[] = [];
const targets: Server[] = [];
let dispatcher: RoleProcess | undefined;

beforeAll(async () => {
  server = await ServerProcess.start({
    args: ['--messages-backoff-min', '100', '--messages-backoff-max', '500', '--messages-max-attempts', '2'],
  });
  client = await startClient({ sdk: '0.11.5', url: server.url, workers: GROUP });
});

afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.kill9();
  for (const target of targets.splice(0)) target.close();
});

afterAll(async () => {
  await client?.stop();
  await server?.dispose();
});

async function why(id: string, url = server.url): Promise<Why> {
  const answer = await fetch(`${url}/admin/promises/${encodeURIComponent(id)}/why`);
  expect(answer.status).toBe(200);
  return ROUTES.why.answer.parse(await answer.json());
}

/** Waits until the answer has this cause. */
function whenIt(cause: Cause, id: string, url = server.url): Promise<Why> {
  return until(`${id} is ${cause}`, WITHIN_MS, async () => {
    const answer = await why(id, url);
    return answer.cause === cause && answer;
  });
}

async function worker(options: Partial<WorkerOptions> = {}): Promise<Spawned> {
  const started = await startWorker({ sdk: '0.11.5', url: server.url, name: 'w', group: GROUP, ...options });
  workers.push(started);
  return started;
}

const create = (id: string, tags: Record<string, string> = {}, url = server.url) =>
  call(url, 'promise.create', { id, timeoutAt: FAR_FUTURE, tags });
const targeted = (id: string, target: string, tags: Record<string, string> = {}) =>
  create(id, { 'resonate:target': target, ...tags });

/** An HTTP target that answers with this status. */
async function targetAnswering(status: number): Promise<string> {
  const target = createServer((_request, response) => response.writeHead(status).end());
  targets.push(target);
  target.listen(0, '127.0.0.1');
  await once(target, 'listening');
  return `http://127.0.0.1:${(target.address() as AddressInfo).port}/hook`;
}

const start = (id: string, name: string, ...args: unknown[]) =>
  client.beginRpc(id, name, ...args, client.options({ target: GROUP }));

describe('why a workflow is pending', () => {
  test('its group has never had a worker', async () => {
    await targeted('none', 'poll://any@nobody');
    expect(await why('none')).toMatchObject({
      cause: 'no_worker',
      needsAction: true,
      sentence: expect.stringMatching(
        /^It waits for a worker of group nobody, but none is connected \(0 connected, none since the server started \d+ m?s ago\)\.$/,
      ),
      since: expect.any(Number),
    });
  });

  test('the only worker of its group has disconnected', async () => {
    await (await worker({ group: 'leaving' })).kill9();
    await targeted('left', 'poll://any@leaving');
    const { sentence } = await until('the departure', WITHIN_MS, async () => {
      const answer = await why('left');
      return answer.cause === 'no_worker' && answer;
    });
    expect(sentence).toMatch(/0 connected; 1 worker left .*, the last one \d+ m?s ago/);
  });

  test('it waits for a call for which there is no worker: the answer names this call', async () => {
    await worker();
    await start('outer', 'elsewhere', 'other-group', 'ship', []);
    const answer = await whenIt('no_worker', 'outer');
    expect(answer.chain).toMatchObject([{ id: 'outer', function: 'elsewhere' }, { function: 'ship' }]);
    expect(answer.promise).toBe(answer.chain[1]!.id);
    expect(answer.sentence).toMatch(
      /^It waits for \S+ \(ship\)\. That promise waits for a worker of group other-group/,
    );
    expect(answer.action).toContain('the function ship');
  });

  test('its workers have not registered its function', async () => {
    await worker();
    await start('unknown', 'notRegistered');
    const answer = await whenIt('given_back', 'unknown');
    expect(answer.sentence).toMatch(/was given back by its workers \d+ times in a row without progress/);
    expect(answer.action).toContain('notRegistered');
  });

  test('a worker holds its task: the answers about the workflow and about the running step say so', async () => {
    const stuck = await worker({ name: 'holder', stuck: true });
    await start('holding', 'twoPlaces');
    await stuck.line('that it is stuck', (line) => line.startsWith('at the gate'), WITHIN_MS);
    const answer = await whenIt('held', 'holding');
    expect(answer).toMatchObject({ needsAction: false, until: expect.any(Number) });
    expect(answer.sentence).toMatch(/^It is held by worker \S+ until .* UTC, last heartbeat \d+ m?s ago\.$/);
    const [step] = (await searchPromises(server.url, { 'resonate:parent': 'holding' }, 'pending')).filter(
      ({ id }) => id !== 'holding',
    );
    const ofStep = await why(step!.id);
    expect(ofStep).toMatchObject({ cause: 'held', promise: 'holding' });
    expect(ofStep.sentence).toMatch(/^It is a step of holding \(twoPlaces\)\. That promise is held by/);
  });

  test('it sleeps', async () => {
    await worker();
    await start('sleepy', 'sleepFor', 3_600_000);
    const answer = await whenIt('sleeping', 'sleepy');
    expect(answer.sentence).toMatch(/^It waits for \S+\. That promise sleeps until .* UTC \(in 60 min\)\.$/);
    expect(answer.until).toBeGreaterThan(answer.now + 3_500_000);
  });

  test('it waits for a promise that no worker settles', async () => {
    await worker();
    await start('asks', 'askOutside');
    const answer = await whenIt('outside', 'asks');
    expect(answer.needsAction).toBe(true);
    await call(server.url, 'promise.settle', { id: answer.promise!, state: 'resolved', value: encoded('yes') });
    expect((await whenIt('resolved', 'asks')).needsAction).toBe(false);
  });

  test('it starts later, or its task is halted', async () => {
    await targeted('later', 'poll://any@nobody', { 'resonate:delay': String(Date.now() + 3_600_000) });
    expect(await why('later')).toMatchObject({ cause: 'delayed', until: expect.any(Number) });
    await targeted('stopped', 'poll://any@nobody');
    await call(server.url, 'task.halt', { id: 'stopped' });
    expect(await why('stopped')).toMatchObject({
      cause: 'halted',
      action: 'Continue its task.',
      command: "resonate tasks continue 'stopped'",
    });
  });

  test('its target answers 500', async () => {
    await targeted('refused', await targetAnswering(500));
    const answer = await whenIt('target_fails', 'refused');
    const told = await until('the error', WITHIN_MS, async () => {
      const next = await why('refused');
      return next.error !== undefined && next;
    });
    expect(answer.needsAction).toBe(true);
    expect(told.error).toBe('the target answered 500');
    expect(told.sentence).toMatch(
      /^It cannot be delivered to http:\/\/127\.0\.0\.1:\d+, which fails: the target answered 500/,
    );
  });

  test('its target accepts the message but does not acquire the task', async () => {
    await targeted('deaf', await targetAnswering(200));
    expect((await whenIt('not_taken', 'deaf')).sentence).toMatch(/but no worker has acquired it/);
  });

  test('its transport is switched off', async () => {
    await targeted('kafka', 'kafka://orders');
    expect(await why('kafka')).toMatchObject({
      cause: 'transport_off',
      sentence: 'It waits for kafka://orders, but no running process delivers over kafka.',
    });
  });

  test('it waits for itself, or for a chain of more than 32 promises', async () => {
    const suspend = async (id: string, awaited: string) => {
      await call(server.url, 'task.acquire', { id, version: 0, pid: 'p', ttl: 60_000 });
      const action = { kind: 'promise.register_callback', head: {}, data: { awaiter: id, awaited } };
      await call(server.url, 'task.suspend', { id, version: 1, actions: [action] });
    };
    for (const id of ['ring.0', 'ring.1']) await targeted(id, 'poll://any@nobody');
    await suspend('ring.0', 'ring.1');
    await suspend('ring.1', 'ring.0');
    expect(await why('ring.0')).toMatchObject({ cause: 'cycle', needsAction: true });
    for (let index = 0; index <= 40; index++) await targeted(`deep.${index}`, 'poll://any@nobody');
    for (let index = 0; index < 40; index++) await suspend(`deep.${index}`, `deep.${index + 1}`);
    const deep = await why('deep.0');
    expect(deep).toMatchObject({ cause: 'too_deep', promise: 'deep.31' });
    expect(deep.sentence).toMatch(/^It waits for deep\.1, which waits for deep\.2, which waits for deep\.3, which/);
    expect(await why(deep.promise!)).toMatchObject({ cause: 'no_worker', promise: 'deep.40' });
    expect((await why(deep.promise!)).chain).toHaveLength(10);
  });
});

describe('a workflow that has ended', () => {
  test('with an error: the answer has the error, and the call that failed first', async () => {
    await worker();
    await start('bad', 'elsewhere', GROUP, 'givesUp', []);
    const answer = await whenIt('failed', 'bad');
    expect(answer.error).toContain('no luck');
    expect(answer.sentence).toMatch(
      /^It failed at .* after it was created: .*no luck.*\. The error came from \S+ \(\w+\)\.$/,
    );
    expect(answer.chain.map(({ state }) => state)).toEqual(answer.chain.map(() => 'rejected'));
    expect(answer.promise).toBe(answer.chain.at(-1)!.id);
  });

  test('by its timeout, or because it was canceled', async () => {
    await call(server.url, 'promise.create', { id: 'brief', timeoutAt: Date.now() + 1 });
    expect((await whenIt('timed_out', 'brief')).sentence).toMatch(/^It timed out at/);
    await create('unwanted');
    await call(server.url, 'promise.settle', { id: 'unwanted', state: 'rejected_canceled' });
    expect((await why('unwanted')).cause).toBe('canceled');
  });

  test('successfully, but a listener could not be notified', async () => {
    await create('told');
    const address = `${await targetAnswering(410)}?token=secret`;
    await call(server.url, 'promise.register_listener', { awaited: 'told', address });
    await call(server.url, 'promise.settle', { id: 'told', state: 'resolved', value: {} });
    const answer = await whenIt('dead_letter', 'told');
    expect(answer).toMatchObject({ needsAction: true, error: 'the target answered 410' });
    expect(answer.command).toMatch(/^resonate dead-letters redrive \d+$/);
    expect(JSON.stringify(answer)).not.toContain('secret');
  });
});

describe('a server', () => {
  test('of a cluster without a scheduler and a dispatcher says that both are missing', async () => {
    const postgres = await startPostgres();
    const { url: database } = await freshPostgresDatabase(postgres.url);
    const storage = ['--storage-type', 'postgres', '--storage-postgres-url', database];
    const own = await ServerProcess.start({ command: 'api', storage });
    try {
      const asleep = { id: 'asleep', timeoutAt: Date.now() + 3_600_000, tags: { 'resonate:timer': 'true' } };
      await call(own.url, 'promise.create', asleep);
      expect(await why('asleep', own.url)).toMatchObject({ cause: 'timers_late', needsAction: true });
      await call(own.url, 'schedule.create', { id: 's', cron: '0 0 1 1 *', promiseId: 's', promiseTimeout: 1_000 });
      expect(await (await fetch(`${own.url}/admin/schedules/s/why`)).json()).toMatchObject({ cause: 'timers_late' });
      await create('pushed', { 'resonate:target': 'http://127.0.0.1:1/' }, own.url);
      expect(await why('pushed', own.url)).toMatchObject({ cause: 'transport_off' });
      // A dispatcher reports to the other processes why its target fails.
      dispatcher = await RoleProcess.start('dispatcher', {
        RESONATE_STORAGE__TYPE: 'postgres',
        RESONATE_STORAGE__POSTGRES__URL: database,
        RESONATE_SERVER__URL: own.url,
      });
      const failing = await until('the error', WITHIN_MS, async () => {
        const answer = await why('pushed', own.url);
        return answer.error !== undefined && answer;
      });
      expect(failing).toMatchObject({ cause: 'target_fails', error: expect.stringContaining('ECONNREFUSED') });
    } finally {
      await dispatcher?.dispose();
      await own.dispose();
      await postgres.stop();
    }
  });

  test('says when a schedule runs next, and that it is paused', async () => {
    const of = async () =>
      ROUTES.scheduleWhy.answer.parse(await (await fetch(`${server.url}/admin/schedules/yearly/why`)).json());
    await call(server.url, 'schedule.create', {
      id: 'yearly',
      cron: '0 0 1 1 *',
      promiseId: 'y',
      promiseTimeout: 1_000,
    });
    expect(await of()).toMatchObject({ cause: 'schedule_waits', needsAction: false, until: expect.any(Number) });
    await call(server.url, 'schedule.pause', { id: 'yearly' });
    expect(await of()).toMatchObject({ cause: 'schedule_paused', needsAction: true });
  });

  test('answers 404 for what does not exist', async () => {
    for (const path of ['promises/no/why', 'schedules/no/why']) {
      expect((await fetch(`${server.url}/admin/${path}`)).status).toBe(404);
    }
  });

  test('reports a worker whose stream is open but that acquires no task', async () => {
    const stream = await EventStream.open(server.url, '/poll/lazy/one');
    await targeted('ignored', 'poll://any@lazy');
    expect((await whenIt('not_taken', 'ignored')).sentence).toContain('group lazy');
    stream.break();
  });
});
