import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { StoreUnavailable } from '@resonate/drivers';
import {
  freshPostgresDatabase,
  startPgbouncer,
  startPostgres,
  startTcpProxy,
  type PoolMode,
  type TestServer,
} from '@resonate/testkit';
import { promiseCreate, sendOk, settle, storeOn } from '../../conformance/under-test.ts';
import { PostgresDialect } from './dialect.ts';

const LIMITS = { poolSize: 4, connectTimeoutMs: 5_000, statementTimeoutMs: 5_000 };

let server: TestServer;
beforeAll(async () => {
  server = await startPostgres();
}, 60_000);
afterAll(() => server.stop());

async function through(mode: PoolMode, byLease: boolean, work: (dialect: PostgresDialect) => Promise<void>) {
  const pooler = await startPgbouncer(server.url, mode, 0);
  const dialect = new PostgresDialect({ url: pooler.url, ...LIMITS }, byLease);
  try {
    await work(dialect);
  } finally {
    await dialect.close();
    await pooler.stop();
  }
}

describe('PgBouncer', () => {
  test('that pools sessions works like Postgres itself', () =>
    through('session', false, async (dialect) => {
      await dialect.migrate();
      const store = storeOn(dialect);
      const ids = Array.from({ length: 50 }, (_, n) => `p ${n}`);
      await Promise.all(ids.map((id) => sendOk(store, 'promise.create', promiseCreate(id))));
      await Promise.all(ids.map((id) => sendOk(store, 'promise.settle', settle(id))));
      const leadership = await dialect.elect('scheduler', 'one');
      expect(await dialect.elect('scheduler', 'two')).toBeNull();
      await leadership?.release();
    }));

  test('that pools transactions is refused with an election by lock, because two could lead', () =>
    through('transaction', false, async (dialect) => {
      await expect(dialect.migrate()).rejects.toThrow('set storage.election to lease');
    }));

  test('that pools transactions and loses prepared statements is refused with an election by lease, too', () =>
    through('transaction', true, async (dialect) => {
      await expect(dialect.migrate()).rejects.toThrow('use PgBouncer 1.21 or newer');
    }));
});

// The program waits for a database that is unavailable, and ends with any other error.
test.each(['pg_backend_pid', 'CREATE TABLE promises'])(
  'a connection that breaks while the program starts, at %s, means that the database is unavailable',
  async (statement) => {
    const { url: direct, drop } = await freshPostgresDatabase(server.url);
    const url = new URL(direct);
    const proxy = await startTcpProxy(url.hostname, Number(url.port));
    proxy.rules.toServer = (data, link) => (data.includes(statement) ? link.cut() : link.sendToServer(data));
    url.port = String(proxy.port);
    const dialect = new PostgresDialect({ url: url.href, ...LIMITS });
    try {
      await expect(dialect.migrate()).rejects.toBeInstanceOf(StoreUnavailable);
    } finally {
      await dialect.close();
      await proxy.stop();
      await drop();
    }
  },
);
