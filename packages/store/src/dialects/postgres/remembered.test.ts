import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { PromiseRecord, Reply } from '@resonate/protocol';
import { freshPostgresDatabase, startPostgres, type TestDatabase, type TestServer } from '@resonate/testkit';
import { promiseCreate, send, sendOk, settle, storeOn, taskCreate } from '../../conformance/under-test.ts';
import type { Store } from '../../store.ts';
import { PostgresDialect } from './dialect.ts';

let server: TestServer;
let database: TestDatabase;
/** The process under test, and another one. */
let dialect: PostgresDialect;
let store: Store;
let other: Store;

function open(): PostgresDialect {
  return new PostgresDialect({ url: database.url, poolSize: 2, connectTimeoutMs: 5_000, statementTimeoutMs: 5_000 });
}

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

beforeEach(async () => {
  database = await freshPostgresDatabase(server.url);
  dialect = open();
  store = storeOn(dialect);
  other = storeOn(open(), 'two');
  await dialect.migrate();
  // From the first batch on, the process knows the server's clock.
  await sendOk(store, 'promise.create', promiseCreate('first'));
});
afterEach(async () => {
  await Promise.all([store.close(), other.close()]);
  await database.drop();
});

interface Acquired {
  task: { id: string; version: number };
}

const WORKFLOW = { 'resonate:target': 'poll://any@workers', 'resonate:branch': 'w', 'resonate:origin': 'w' };
const STEP = { 'resonate:branch': 'w', 'resonate:parent': 'w', 'resonate:origin': 'w', 'resonate:scope': 'local' };

/** Starts the workflow `w`. @returns the version of its task. */
async function start(of = store): Promise<number> {
  const data = taskCreate('w', 'me');
  data.action.data.tags = WORKFLOW;
  return (await sendOk<Acquired>(of, 'task.create', data)).task.version;
}

function fence(version: number, kind: string, data: unknown) {
  const head = { corrId: 'inner', version: '2026-04-01' };
  return { id: 'w', version, action: { kind, head, data } };
}

const fulfill = (version: number) => fence(version, 'promise.settle', settle('w'));
const create = (version: number, id: string) => fence(version, 'promise.create', promiseCreate(id, STEP));
const settling = (version: number, id: string) =>
  fence(version, 'promise.settle', { ...settle(id), value: { data: id } });

/** Sends requests over a worker's WebSocket: those that are sent together join one batch. */
function over(of: Store, ...requests: unknown[]): Promise<Reply[]> {
  const execute = (data: unknown) =>
    of.execute({ kind: 'task.fence', data } as Parameters<Store['execute']>[0], null, 0, { fencePreload: 'own' });
  return Promise.all(requests.map(execute));
}

async function step(version: number, id: string): Promise<number[]> {
  return (await over(store, create(version, id), settling(version, id))).map(({ status }) => status);
}

async function trips(work: () => Promise<unknown>): Promise<number> {
  const before = dialect.traffic.roundTrips;
  await work();
  return dialect.traffic.roundTrips - before;
}

async function recordOf(id: string): Promise<PromiseRecord> {
  return (await sendOk<{ promise: PromiseRecord }>(other, 'promise.get', { id })).promise;
}

describe('one round trip', () => {
  test.each([
    ['a promise.create', () => sendOk(store, 'promise.create', promiseCreate('new', { a: 'b' }))],
    ['a task.create', () => start()],
  ])('is enough for %s', async (_, request) => {
    expect(await trips(request)).toBe(1);
  });

  test('is enough for a step that is created and settled together', async () => {
    const version = await start();
    expect(await trips(() => step(version, 'w.1'))).toBe(1);
    expect(await recordOf('w.1')).toMatchObject({ state: 'resolved', value: { data: 'w.1' } });
  });

  test('is enough for a step with an id of its own, whose call is recorded in it, but not to ask for it again', async () => {
    const version = await start();
    const tags = { 'resonate:branch': 'charge', 'resonate:parent': 'charge', 'resonate:origin': 'charge' };
    const asking = fence(version, 'promise.create', promiseCreate('charge', tags));
    expect(await trips(() => over(store, asking))).toBe(1);
    expect(await trips(() => over(store, asking))).toBe(2);
    const [calls] = await dialect.plain.select([{ sql: 'SELECT called, caller FROM calls', params: [] }]);
    expect(calls).toEqual([['charge', 'w']]);
  });

  test('is enough for each half of a step that runs longer', async () => {
    const version = await start();
    expect(await trips(() => over(store, create(version, 'w.1')))).toBe(1);
    expect(await trips(() => over(store, settling(version, 'w.1')))).toBe(1);
    expect(await recordOf('w.1')).toMatchObject({ state: 'resolved' });
  });

  test('is enough for steps of a task that was acquired here, whoever created it', async () => {
    const data = promiseCreate('w', WORKFLOW);
    await sendOk(other, 'promise.create', data);
    const acquired = await sendOk<Acquired>(store, 'task.acquire', { id: 'w', version: 0, pid: 'me', ttl: 60_000 });
    expect(await trips(() => step(acquired.task.version, 'w.1'))).toBe(1);
  });

  test('is enough over plain HTTP once the branch is too large for a preload', async () => {
    const version = await start();
    for (let index = 0; index < 5; index++) {
      await sendOk(store, 'task.fence', create(version, `w.${index}`));
      await sendOk(store, 'task.fence', settling(version, `w.${index}`));
    }
    const { preload } = await sendOk<{ preload: PromiseRecord[] }>(store, 'task.fence', create(version, 'w.5'));
    expect(preload.map(({ id }) => id)).toEqual(['w.5']);
    expect(await trips(() => sendOk(store, 'task.fence', settling(version, 'w.5')))).toBe(1);
  });

  test('is enough for the end of a workflow that was started here, with its last step', async () => {
    const version = await start();
    const steps = [{ create: promiseCreate('w.1', STEP), settle: { ...settle('w.1'), value: { data: 'last' } } }];
    expect(await trips(() => sendOk(store, 'task.fulfill', { ...fulfill(version), steps }))).toBe(1);
    expect(await recordOf('w')).toMatchObject({ state: 'resolved' });
    expect(await recordOf('w.1')).toMatchObject({ state: 'resolved', value: { data: 'last' } });
  });

  test('is enough to listen to a workflow that was started here, and for its end', async () => {
    const version = await start();
    const listen = { awaited: 'w', address: 'poll://any@listeners' };
    expect(await trips(() => sendOk(store, 'promise.register_listener', listen))).toBe(1);
    expect(await trips(() => sendOk(store, 'task.fulfill', fulfill(version)))).toBe(1);
    expect(await other.queues.waitingTargets('poll', 10)).toEqual([expect.objectContaining({ target: 'listeners' })]);
  });

  test('is not enough if the answer needs rows that are not remembered', async () => {
    const version = await start();
    expect(await trips(() => sendOk(store, 'task.fence', create(version, 'w.1')))).toBe(2);
    await sendOk(store, 'promise.register_listener', { awaited: 'first', address: 'poll://any@workers' });
    expect(await trips(() => sendOk(store, 'promise.settle', settle('first')))).toBe(2);
  });
});

/** What another process does between two requests, and what the second one must answer. */
describe('rows that another process has changed', () => {
  test('a task that it released and acquired: the step is refused, and nothing of it is stored', async () => {
    const version = await start();
    await sendOk(other, 'task.release', { id: 'w', version });
    await sendOk(other, 'task.acquire', { id: 'w', version, pid: 'else', ttl: 60_000 });
    expect(await step(version, 'w.1')).toEqual([409, 409]);
    expect((await send(other, 'promise.get', { id: 'w.1' })).status).toBe(404);
  });

  test('a workflow that it settled: the step is refused', async () => {
    const version = await start();
    await sendOk(other, 'promise.settle', settle('w'));
    expect(await step(version, 'w.1')).toEqual([409, 409]);
  });

  test('a promise that it created first: the answer is that promise', async () => {
    const theirs = { ...promiseCreate('new'), param: { data: 'theirs' } };
    await sendOk(other, 'promise.create', theirs);
    const { promise } = await sendOk<{ promise: PromiseRecord }>(store, 'promise.create', promiseCreate('new'));
    expect(promise.param).toEqual({ data: 'theirs' });
  });

  test('a step that it settled: the first result stays', async () => {
    const version = await start();
    await over(store, create(version, 'w.1'));
    await sendOk(other, 'promise.settle', { ...settle('w.1'), value: { data: 'theirs' } });
    const [reply] = await over(store, settling(version, 'w.1'));
    expect(reply).toMatchObject({
      status: 200,
      data: { action: { data: { promise: { value: { data: 'theirs' } } } } },
    });
  });

  test('a step that it listens to: the listener is notified', async () => {
    const version = await start();
    await over(store, create(version, 'w.1'));
    await sendOk(other, 'promise.register_listener', { awaited: 'w.1', address: 'poll://any@listeners' });
    await over(store, settling(version, 'w.1'));
    expect(await other.queues.waitingTargets('poll', 10)).toContainEqual(
      expect.objectContaining({ target: 'listeners' }),
    );
  });

  test('a workflow that it listens to: the listener is notified', async () => {
    const version = await start();
    await sendOk(other, 'promise.register_listener', { awaited: 'w', address: 'poll://any@listeners' });
    await sendOk(store, 'task.fulfill', fulfill(version));
    expect(await other.queues.waitingTargets('poll', 10)).toContainEqual(
      expect.objectContaining({ target: 'listeners' }),
    );
  });

  test('a workflow with two listeners, one of them registered by it: both are notified', async () => {
    const version = await start();
    await sendOk(store, 'promise.register_listener', { awaited: 'w', address: 'poll://any@ours' });
    await sendOk(other, 'promise.register_listener', { awaited: 'w', address: 'poll://any@theirs' });
    await sendOk(store, 'task.fulfill', fulfill(version));
    const waiting = await other.queues.waitingTargets('poll', 10);
    expect(waiting.map(({ target }) => target).sort()).toEqual(['ours', 'theirs']);
  });

  test('a listener that is registered again is notified once', async () => {
    const version = await start();
    const listen = { awaited: 'w', address: 'poll://any@listeners' };
    await sendOk(store, 'promise.register_listener', listen);
    await sendOk(store, 'promise.register_listener', listen);
    await sendOk(other, 'promise.register_listener', listen);
    await sendOk(store, 'task.fulfill', fulfill(version));
    expect(await dialect.countDue('poll', ['listeners'], 10)).toBe(1);
  });

  test('a workflow whose task was kept alive here: its steps still take one round trip', async () => {
    const version = await start();
    await sendOk(store, 'task.heartbeat', { pid: 'me', tasks: [{ id: 'w', version }] });
    expect(await trips(() => step(version, 'w.1'))).toBe(1);
    await sendOk(other, 'task.heartbeat', { pid: 'me', tasks: [{ id: 'w', version }] });
    expect(await step(version, 'w.2')).toEqual([200, 200]);
  });

  test('a step that it deleted and created again: the new one is settled', async () => {
    const version = await start();
    await over(store, create(version, 'w.1'));
    await sendOk(other, 'debug.reset', {});
    await start(other);
    await sendOk(other, 'promise.create', { ...promiseCreate('w.1', STEP), param: { data: 'again' } });
    await over(store, settling(version, 'w.1'));
    expect(await recordOf('w.1')).toMatchObject({ state: 'resolved', param: { data: 'again' } });
  });

  test('after five wrong assumptions this process reads for a while', async () => {
    const version = await start();
    const ids = [1, 2, 3, 4, 5].map((number) => `theirs ${number}`);
    for (const id of ids) await sendOk(other, 'promise.create', promiseCreate(id));
    for (const id of ids) {
      expect(await trips(() => sendOk(store, 'promise.create', promiseCreate(id)))).toBeGreaterThan(1);
      // This batch reads the clock again.
      await sendOk(store, 'promise.settle', settle(id));
    }
    expect(await trips(() => step(version, 'w.1'))).toBe(2);
  });

  test('a promise that exists is not assumed to be new again', async () => {
    await sendOk(other, 'promise.create', promiseCreate('theirs'));
    await sendOk(store, 'promise.create', promiseCreate('theirs'));
    const create = () => sendOk(store, 'promise.create', promiseCreate('theirs'));
    // One trip reads it. The rollback, for which the caller does not wait, may be another one.
    expect(await trips(create)).toBeLessThanOrEqual(2);
  });
});

test('after a restart of the database server, rows are read before they are remembered again', async () => {
  const version = await start();
  await server.restart();
  // Replaces the broken connections first.
  await sendOk(other, 'promise.create', promiseCreate('elsewhere'));
  await send(store, 'promise.get', { id: 'first' });
  expect(await trips(() => step(version, 'w.1'))).toBeGreaterThan(1);
  expect(await trips(() => step(version, 'w.2'))).toBe(1);
  expect(await recordOf('w.1')).toMatchObject({ state: 'resolved' });
});

test('times follow the clock of the database, even if nothing is read', async () => {
  const [before] = [await dialect.now()];
  const { promise } = await sendOk<{ promise: PromiseRecord }>(store, 'promise.create', promiseCreate('timed'));
  const after = await dialect.now();
  expect(promise.createdAt).toBeGreaterThanOrEqual(before - 1_000);
  expect(promise.createdAt).toBeLessThanOrEqual(after + 5);
});
