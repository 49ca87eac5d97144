import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { StoreUnavailable } from '@resonate/drivers';
import { Needs } from '@resonate/machine';
import type { Reply } from '@resonate/protocol';
import {
  freshPostgresDatabase,
  startPostgres,
  startTcpProxy,
  type ProxyLink,
  type TcpProxy,
  type TestDatabase,
  type TestServer,
  until,
} from '@resonate/testkit';
import pg from 'pg';
import { promiseCreate, send, sendOk, settle, storeOn, taskCreate } from '../../conformance/under-test.ts';
import type { Store } from '../../store.ts';
import { PostgresDialect } from './dialect.ts';

let server: TestServer;
let database: TestDatabase;
let proxy: TcpProxy;
let dialect: PostgresDialect;
let store: Store;
let proxied: string;

/** From now on, requests go through a dialect with this timeout. */
function use(statementTimeoutMs: number): void {
  dialect = new PostgresDialect({ url: proxied, poolSize: 4, connectTimeoutMs: 1_000, statementTimeoutMs });
  store = storeOn(dialect);
}

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

beforeEach(async () => {
  database = await freshPostgresDatabase(server.url);
  const url = new URL(database.url);
  proxy = await startTcpProxy(url.hostname, Number(url.port));
  url.port = String(proxy.port);
  proxied = url.href;
  use(1_000);
  await dialect.migrate();
});
afterEach(async () => {
  proxy.rules = {};
  await store.close();
  await proxy.stop();
  await database.drop();
});

async function select(sql: string): Promise<unknown[][]> {
  const client = new pg.Client(database.url);
  await client.connect();
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows as unknown[][];
  } finally {
    await client.end();
  }
}

/** The message that writes a batch and commits it. Not the message in which a new connection prepares this statement. */
const isCommit = (data: Buffer) => data.includes('number_batch') && !data.includes('INSERT INTO batches');
const isLoad = (data: Buffer) => data.includes('lock_promises') && !data.includes('FOR UPDATE');

describe('a batch', () => {
  const countTrips = async (request: () => Promise<unknown>) => {
    let trips = 0;
    let direction = 'toClient';
    proxy.rules = {
      toServer(data, link) {
        if (direction === 'toClient') trips++;
        direction = 'toServer';
        link.sendToServer(data);
      },
      toClient(data, link) {
        direction = 'toClient';
        link.sendToClient(data);
      },
    };
    await request();
    return trips;
  };

  test('takes two round trips if it has to read', async () => {
    await sendOk(store, 'promise.create', promiseCreate('old'));
    await sendOk(store, 'promise.register_listener', { awaited: 'old', address: 'poll://any@workers' });
    expect(await countTrips(() => sendOk(store, 'promise.settle', settle('old')))).toBe(2);
  });
});

test('a claim does not wait for the disk, but later transactions on its connection do', async () => {
  const alone = new PostgresDialect({ url: proxied, poolSize: 1, connectTimeoutMs: 1_000, statementTimeoutMs: 1_000 });
  const synced = () => alone.plain.select([{ sql: "SELECT current_setting('synchronous_commit')", params: [] }]);
  await sendOk(store, 'promise.create', promiseCreate('a', { 'resonate:target': 'poll://any@workers' }));
  const targets = [{ target: 'workers', limit: 1 }];
  const claim = { transport: 'poll', targets, preferred: [], graceMs: 0 } as const;
  let sent = '';
  proxy.rules = {
    toServer(data, link) {
      sent += data.toString('latin1');
      link.sendToServer(data);
    },
  };
  expect((await storeOn(alone).outbox.claim(claim)).executes).toHaveLength(1);
  expect(sent).toContain('unsynced');
  expect(await synced()).toEqual([[['on']]]);
  await alone.close();
});

describe('a connection that breaks', () => {
  test('before the answer to a commit arrives: the engine finds out that it was committed', async () => {
    const cut = new Set<ProxyLink>();
    proxy.rules = {
      toServer(data, link) {
        if (isCommit(data) && cut.size === 0) cut.add(link);
        link.sendToServer(data);
      },
      toClient: (data, link) => (cut.has(link) ? link.cut() : link.sendToClient(data)),
    };
    // If the batch ran again, the answer would be 409, because the task is acquired already.
    expect(await send(store, 'task.create', taskCreate('a', 'me'))).toMatchObject({ status: 200 });
    expect(cut.size).toBe(1);
    expect(await select('SELECT state, version FROM tasks')).toEqual([['acquired', '1']]);
  });

  test('before a commit reaches the server: the batch runs again', async () => {
    let cuts = 0;
    proxy.rules = {
      toServer: (data, link) => (isCommit(data) && cuts++ === 0 ? link.cut() : link.sendToServer(data)),
    };
    expect(await send(store, 'task.create', taskCreate('a', 'me'))).toMatchObject({ status: 200 });
    expect(cuts).toBe(2);
    expect(await select('SELECT state, version FROM tasks')).toEqual([['acquired', '1']]);
  });

  test('while a commit is delayed on the way: it fails when it arrives after the batch was repeated', async () => {
    let held: { data: Buffer; link: ProxyLink } | null = null;
    let late: Buffer | null = null;
    proxy.rules = {
      toServer(data, link) {
        if (isCommit(data) && !held) {
          held = { data, link };
          link.cutClient();
        } else if (isLoad(data) && held && !late) {
          // The second attempt begins; now the first one's commit arrives, and is answered before this goes on.
          proxy.rules.toClient = (answer, from) => {
            if (from !== held?.link) return from.sendToClient(answer);
            late ??= answer;
            link.sendToServer(data);
          };
          held.link.sendToServer(held.data);
        } else {
          link.sendToServer(data);
        }
      },
    };
    expect(await send(store, 'task.create', taskCreate('a', 'me'))).toMatchObject({ status: 200 });
    expect(String(late)).toContain('violates not-null constraint');
    expect(await select('SELECT state, version FROM tasks')).toEqual([['acquired', '1']]);
  });

  test('while it is idle makes no request fail', async () => {
    await Promise.all(['a', 'b', 'c'].map((id) => sendOk(store, 'promise.create', promiseCreate(id))));
    for (const link of proxy.links) link.cut();
    expect(await send(store, 'promise.get', { id: 'a' })).toMatchObject({ status: 200 });
    for (const link of proxy.links) link.cut();
    expect(await send(store, 'promise.settle', settle('a'))).toMatchObject({ status: 200 });
  });
});

test('a batch that changes nothing, or fails, leaves no transaction open', async () => {
  const needs = new Needs();
  needs.promise('a');
  const fail = () => {
    throw new Error('a fault of the program');
  };
  await dialect.transact(needs, () => ({ changes: null, result: null }));
  await expect(dialect.transact(needs, fail)).rejects.toThrow('a fault of the program');
  const open = "SELECT count(*)::int FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'";
  // The callers above did not wait for the rollback.
  await until('no transaction is open', 10_000, async () => (await select(open))[0]?.[0] === 0);
  expect(await send(store, 'promise.create', promiseCreate('a'))).toMatchObject({ status: 200 });
});

/** Callers that create tasks one after another until `stop` is called, and the replies that they got. */
function load(callers: number) {
  const answers = new Map<string, Reply>();
  let isOver = false;
  const work = async (caller: number) => {
    for (let count = 0; !isOver; count++) {
      const id = `task.${caller}.${count}`;
      const reply = await send(store, 'task.create', taskCreate(id, 'me'));
      answers.set(id, reply);
      // A client that gets a 503 tries again a little later.
      if (reply.status === 503) await delay(20);
    }
  };
  const all = Array.from({ length: callers }, (_, caller) => work(caller));
  const stop = async () => {
    isOver = true;
    await Promise.all(all);
    return answers;
  };
  return { answers, stop };
}

async function acknowledgedSoFar(answers: ReadonlyMap<string, Reply>, more: number): Promise<void> {
  const count = () => [...answers.values()].filter(({ status }) => status === 200).length;
  const before = count();
  await until(`${more} more answers`, 30_000, () => count() >= before + more);
}

describe('under load', () => {
  test('clients get no error if the server ends connections', async () => {
    const { answers, stop } = load(16);
    for (let round = 0; round < 10; round++) {
      await acknowledgedSoFar(answers, 50);
      await select(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()`,
      );
    }
    await stop();
    const failed = [...answers].filter(([, { status }]) => status !== 200);
    expect(failed).toEqual([]);
    expect(await select('SELECT count(*)::int FROM tasks WHERE version = 1')).toEqual([[answers.size]]);
  });

  test('a killed database server keeps everything that was acknowledged and has nothing that was refused', async () => {
    await store.close();
    // The server takes a while to restart, and requests whose commit was interrupted wait for it.
    use(40_000);
    const { answers, stop } = load(16);
    for (let round = 0; round < 3; round++) {
      await acknowledgedSoFar(answers, 100);
      await server.killAll();
      await expect(dialect.now()).rejects.toThrow(StoreUnavailable);
      // All callers may be waiting for interrupted commits. Then none of them gets a 503.
      const refused = await send(storeOn(dialect), 'task.create', taskCreate(`refused.${round}`, 'me'));
      expect(refused).toMatchObject({ status: 503 });
      answers.set(`refused.${round}`, refused);
      await server.restart();
    }
    await acknowledgedSoFar(answers, 100);
    await stop();
    const there = new Set((await select('SELECT id FROM tasks')).map(([id]) => id));
    // 500: the outcome was not found out in time, for example because a busy machine restarts the server slowly.
    const known = [...answers].filter(([, { status }]) => status !== 500);
    const wrong = known.filter(([id, { status }]) => (status === 200) !== there.has(id));
    expect(wrong).toEqual([]);
    const statuses = new Set(known.map(([, { status }]) => status));
    expect([...statuses].sort()).toEqual([200, 503]);
  }, 120_000);

  test('while the database server is frozen no request waits forever, and afterwards requests succeed again', async () => {
    const { answers, stop } = load(4);
    await acknowledgedSoFar(answers, 20);
    const pids = server.pids();
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    try {
      await expect(dialect.now()).rejects.toThrow(StoreUnavailable);
      const refused = () => [...answers.values()].filter(({ status }) => status >= 500).length;
      await until('each caller was refused', 60_000, () => refused() >= 4);
    } finally {
      for (const pid of pids) process.kill(pid, 'SIGCONT');
    }
    await acknowledgedSoFar(answers, 20);
    await stop();
    const there = new Set((await select('SELECT id FROM tasks')).map(([id]) => id));
    // 500: the outcome was not found out in time.
    const wrong = [...answers].filter(([id, { status }]) => status !== 500 && (status === 200) !== there.has(id));
    expect(wrong).toEqual([]);
  }, 90_000);
});

describe('a leader', () => {
  test('notices at once that its connection broke, and another process can be elected', async () => {
    const leadership = await dialect.elect('scheduler', 'one');
    const ended = new Promise((resolve) => leadership?.ended.addEventListener('abort', resolve));
    for (const link of proxy.links) link.cut();
    await ended;
    const next = await dialect.elect('scheduler', 'two');
    expect(next?.ended.aborted).toBe(false);
    await next?.release();
  });

  test('that gets no answers any more steps down', async () => {
    const leadership = await dialect.elect('scheduler', 'one');
    const ended = new Promise((resolve) => leadership?.ended.addEventListener('abort', resolve));
    expect(leadership?.ended.aborted).toBe(false);
    proxy.rules = { toServer: () => {}, toClient: () => {} };
    await ended;
  });
});
