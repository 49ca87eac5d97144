import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Reply } from '@resonate/protocol';
import {
  freshMysqlDatabase,
  mysqlForTests,
  startMysqlOrMariadb,
  startTcpProxy,
  type TcpProxy,
  until,
} from '@resonate/testkit';
import { createConnection, type Connection, type RowDataPacket } from 'mysql2/promise';
import { promiseCreate, send, settled, storeOn, taskCreate } from '../../conformance/under-test.ts';
import { lockListeners } from '../../outbox/messages.ts';
import type { Store } from '../../store.ts';
import { MysqlDialect } from './dialect.ts';

const OPTIONS = { poolSize: 3, connectTimeoutMs: 5_000, statementTimeoutMs: 10_000, election: 'advisory' } as const;

describe('a batch whose connection breaks', () => {
  const server: { url: string; stop(): Promise<void> } = { url: '', stop: async () => {} };
  let proxy: TcpProxy;
  let store: Store;
  /** Through the proxy. */
  let url: string;
  let drop: () => Promise<void>;
  beforeAll(async () => Object.assign(server, await mysqlForTests()));
  afterAll(() => server.stop());
  beforeEach(async () => {
    const fresh = await freshMysqlDatabase(server.url);
    ({ drop } = fresh);
    const direct = new URL(fresh.url);
    proxy = await startTcpProxy(direct.hostname, Number(direct.port || 3306));
    direct.host = `127.0.0.1:${proxy.port}`;
    url = direct.href;
    const dialect = new MysqlDialect({ ...OPTIONS, url });
    await dialect.migrate();
    store = storeOn(dialect);
    // Opens the connection that the batch uses.
    await store.now();
  });
  afterEach(async () => {
    await store.close();
    await proxy.stop();
    await drop();
  });

  /** Does something to the first message to the server that has this text. */
  function once(text: string, then: NonNullable<TcpProxy['rules']['toServer']>): void {
    proxy.rules.toServer = (data, link) => {
      if (!data.includes(text)) return link.sendToServer(data);
      delete proxy.rules.toServer;
      then(data, link);
    };
  }

  /** If it ran again after its commit, the answer would be 409, because the task is acquired already. */
  const create = (): Promise<Reply> => send(store, 'task.create', taskCreate('once', 'me'));
  const created = { status: 200, data: { task: { id: 'once', state: 'acquired', version: 1 } } };

  async function expectCreatedOnce(reply: Reply): Promise<void> {
    expect(reply).toMatchObject(created);
    expect(await send(store, 'task.get', { id: 'once' })).toMatchObject(created);
  }

  test('before it has begun is repeated', async () => {
    once('FOR UPDATE', (_, link) => link.cut());
    await expectCreatedOnce(await create());
  });

  test('before the commit is repeated', async () => {
    once('COMMIT', (_, link) => link.cut());
    await expectCreatedOnce(await create());
  });

  test('after the commit is answered as committed', async () => {
    once('COMMIT', (data, link) => {
      proxy.rules.toClient = (_, of) => {
        if (of !== link) return of.sendToClient(_);
        delete proxy.rules.toClient;
        link.cut();
      };
      link.sendToServer(data);
    });
    await expectCreatedOnce(await create());
  });

  test('without the server noticing is repeated, and does not wait for the locks of its first attempt', async () => {
    await send(store, 'promise.create', promiseCreate('locked'));
    once('COMMIT', (_, link) => link.cutClient());
    const [settled, reply] = await Promise.all([
      send(store, 'promise.settle', { id: 'locked', state: 'resolved', value: {} }),
      create(),
    ]);
    expect(settled).toMatchObject({ status: 200, data: { promise: { state: 'resolved' } } });
    await expectCreatedOnce(reply);
  });

  test('without the server noticing during a migration delays other processes by seconds only', async () => {
    once('CREATE TABLE IF NOT EXISTS migrations', (_, link) => link.cutClient());
    const next = new MysqlDialect({ ...OPTIONS, url });
    await expect(next.migrate()).resolves.toBeUndefined();
    await next.close();
  }, 60_000);

  test('after a statement failed, while the server still has the transaction open, does not wait for its own locks, even in a pool of one', async () => {
    const alone = storeOn(new MysqlDialect({ ...OPTIONS, poolSize: 1, statementTimeoutMs: 1_000, url }));
    const blocker = await createConnection(url);
    try {
      await blocker.beginTransaction();
      await blocker.query("INSERT INTO promise_tags (name, value, promise_id) VALUES ('a', 'b', 'blocked')");
      const create = () => send(alone, 'promise.create', promiseCreate('blocked', { a: 'b' }));
      expect(await create()).toMatchObject({ status: 503 });
      await blocker.rollback();
      expect(await create()).toMatchObject({ status: 200 });
    } finally {
      await blocker.end();
      await alone.close();
    }
  });

  test('and cannot be replaced gets a 503, and succeeds later over a new connection', async () => {
    proxy.rules.toServer = (_, link) => link.cut();
    expect(await create()).toMatchObject({ status: 503 });
    delete proxy.rules.toServer;
    await expectCreatedOnce(await create());
  });

  test('while idle: the pool closes it before the server does, and nothing is written to standard error', async () => {
    const idle = new MysqlDialect({ ...OPTIONS, url, idleS: 2 });
    const error = jest.spyOn(console, 'error').mockImplementation(() => {});
    try {
      await idle.now();
      const links = [...proxy.links].slice(-1);
      const startedAt = Date.now();
      await until('the idle connection is closed', 4_000, () => !links.some((link) => proxy.links.has(link)));
      expect(Date.now() - startedAt).toBeLessThan(1_900);
      expect(await idle.now()).toBeGreaterThan(0);
      expect(error.mock.calls).toEqual([]);
    } finally {
      error.mockRestore();
      await idle.close();
    }
  });

  test('while idle: the next request uses another connection', async () => {
    await Promise.all([create(), send(store, 'promise.get', { id: 'x' })]);
    for (const link of proxy.links) link.cut();
    expect(await send(store, 'task.get', { id: 'once' })).toMatchObject(created);
  });

  test('while idle, in a frozen process: the next request uses another connection', async () => {
    const one = new MysqlDialect({ ...OPTIONS, url, poolSize: 1 });
    // mysql2 writes a warning when the server closes a connection.
    const error = jest.spyOn(console, 'error').mockImplementation(() => {});
    try {
      await one.plain.atomically([{ sql: 'SET SESSION wait_timeout = 1', params: [] }]);
      freeze(1_600);
      expect(await one.now()).toBeGreaterThan(0);
    } finally {
      error.mockRestore();
      await one.close();
    }
  });
});

/** Blocks this process, as SIGSTOP does. It reads nothing meanwhile. */
function freeze(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

describe('many listeners', () => {
  test('are locked in the order of their keys, whatever their order in the call', async () => {
    const server = await mysqlForTests();
    const { url, drop } = await freshMysqlDatabase(server.url);
    const dialect = new MysqlDialect({ ...OPTIONS, url });
    const blocker = await createConnection(url);
    const other = await createConnection({ uri: url, rowsAsArray: true });
    try {
      await dialect.migrate();
      const addresses = Array.from({ length: 150 }, (_, index) => `http://host/${1_000 + index}`);
      const middle = addresses[75] ?? '';
      await settled(storeOn(dialect), 'p', ...addresses);
      await blocker.beginTransaction();
      await blocker.query('SELECT 1 FROM listeners WHERE awaited = ? AND address = ? FOR UPDATE', ['p', middle]);
      const keys = addresses.map((address) => ({ awaited: 'p', address })).reverse();
      const locked = dialect.rewrite([lockListeners(dialect, keys)], ([rows = []]) => ({ result: () => rows.length }));
      // The server renews this table only if nobody has read it for 100 ms.
      const waits = "SELECT 1 FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'";
      await until('it waits for the locked row', 4_000, async () => (await rowsOf(other, waits)).length > 0, 200);
      await other.query('SET TRANSACTION ISOLATION LEVEL READ COMMITTED');
      const free = await rowsOf(other, 'SELECT address FROM listeners FORCE INDEX (PRIMARY) FOR UPDATE SKIP LOCKED');
      expect(free.map(String)).toEqual(addresses.slice(76));
      await blocker.rollback();
      expect(await locked).toBe(150);
    } finally {
      await blocker.end();
      await other.end();
      await dialect.close();
      await drop();
      await server.stop();
    }
  });

  async function rowsOf(connection: Connection, sql: string): Promise<unknown[]> {
    const [rows] = await connection.query<RowDataPacket[]>(sql);
    return rows;
  }
});

describe('a request that is larger than max_allowed_packet', () => {
  test('is refused alone, with the limit', async () => {
    const server = await startMysqlOrMariadb({ 'max-allowed-packet': String(1 << 20) });
    const { url } = await freshMysqlDatabase(server.url);
    const dialect = new MysqlDialect({ ...OPTIONS, url });
    await dialect.migrate();
    const store = storeOn(dialect);
    try {
      const large = (id: string, size: number) => ({ ...promiseCreate(id), param: { data: 'x'.repeat(size) } });
      const replies = await Promise.all([
        send(store, 'promise.create', large('fits', 400_000)),
        send(store, 'promise.create', large('too large', 600_000)),
        send(store, 'promise.create', large('fits too', 400_000)),
      ]);
      expect(replies.map(({ status }) => status)).toEqual([200, 400, 200]);
      expect(replies[1]?.data).toContain('the limit is 524288 (half of its max_allowed_packet)');
      expect(await send(store, 'promise.get', { id: 'fits' })).toMatchObject({ status: 200 });
      expect(await send(store, 'promise.get', { id: 'too large' })).toMatchObject({ status: 404 });
    } finally {
      await store.close();
      await server.stop();
    }
  });
});
