import {
  DURABLE_MYSQL,
  DURABLE_POSTGRES,
  freshMysqlDatabase,
  freshPostgresDatabase,
  startMariadb,
  startMysql,
  startPostgres,
  startRedis,
  type TestDatabase,
  type TestServer,
} from '@resonate/testkit';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { delayProxy } from './delay-proxy.ts';
import type { Database, Storage } from './storage.ts';

interface ServerKind {
  /** `storage.type`. */
  type: 'postgres' | 'mysql';
  start(settings: Record<string, string>): Promise<TestServer>;
  fresh(serverUrl: string): Promise<TestDatabase>;
  /** Like {@link Database.settle}, for the database at `url`. */
  settle(url: string): Promise<void>;
  /** Like {@link Database.bytes}. */
  bytes(url: string): Promise<Map<string, number>>;
}

interface Variant {
  name: string;
  /** Further settings of the database server. */
  settings?: Record<string, string>;
  /** A delay that is added to each answer of the database, to simulate a distant database. */
  delayMs?: number;
  batchesInFlight?: number;
}

const POSTGRES: ServerKind = {
  type: 'postgres',
  start: (settings) => startPostgres({ ...DURABLE_POSTGRES, ...settings }),
  fresh: freshPostgresDatabase,
  async settle(url) {
    const client = new pg.Client(url);
    await client.connect();
    await client.query('VACUUM (ANALYZE)');
    await client.query('CHECKPOINT');
    await client.end();
  },
  async bytes(url) {
    const client = new pg.Client(url);
    await client.connect();
    const { rows } = await client.query<{ name: string; bytes: string }>(
      "SELECT relname AS name, pg_total_relation_size(oid) AS bytes FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
    );
    await client.end();
    return new Map(rows.map(({ name, bytes }) => [name, Number(bytes)]));
  },
};
const MARIADB: ServerKind = {
  type: 'mysql',
  start: (settings) => startMariadb({ ...DURABLE_MYSQL, ...settings }),
  fresh: freshMysqlDatabase,
  async settle(url) {
    const connection = await mysql.createConnection(url);
    const [tables] = await connection.query<mysql.RowDataPacket[]>('SHOW TABLES');
    for (const table of tables.flatMap((row) => Object.values(row) as string[])) {
      await connection.query('ANALYZE LOCAL TABLE ??', [table]);
    }
    // Wait until no old row version waits to be purged.
    await connection.query('SET GLOBAL innodb_max_purge_lag_wait = 0');
    await connection.end();
  },
  async bytes(url) {
    const connection = await mysql.createConnection(url);
    const [rows] = await connection.query<mysql.RowDataPacket[]>(
      'SELECT table_name AS name, data_length + index_length AS bytes FROM information_schema.tables WHERE table_schema = DATABASE()',
    );
    await connection.end();
    return new Map(rows.map(({ name, bytes }) => [String(name), Number(bytes)]));
  },
};

const MYSQL: ServerKind = {
  ...MARIADB,
  start: (settings) =>
    startMysql({ ...DURABLE_MYSQL, 'disable-log-bin': 'OFF', 'performance-schema': 'ON', ...settings }),
};

const LIMITS = { poolSize: 2, connectTimeoutMs: 10_000, statementTimeoutMs: 600_000, election: 'advisory' } as const;

/**
 * A database server on this machine, which runs until the storage is closed. Each measurement gets an empty database.
 */
function databaseServer({ type, start, fresh, settle, bytes }: ServerKind, variant: Variant): Storage {
  const { name, settings = {}, delayMs = 0, batchesInFlight } = variant;
  let server: Promise<TestServer> | undefined;
  let redis: ReturnType<typeof startRedis> | undefined;
  return {
    name,
    async create() {
      const { url: serverUrl, pids } = await (server ??= start(settings));
      const database = await fresh(serverUrl);
      const proxy = delayMs > 0 ? await delayProxy(database.url, delayMs) : null;
      return {
        env: {
          RESONATE_STORAGE__TYPE: type,
          [`RESONATE_STORAGE__${type.toUpperCase()}__URL`]: proxy?.url ?? database.url,
          ...(batchesInFlight ? { RESONATE_STORAGE__BATCHES_IN_FLIGHT: String(batchesInFlight) } : {}),
        },
        target: { type, url: database.url, ...LIMITS },
        pids,
        settle: () => settle(database.url),
        bytes: () => bytes(database.url),
        async drop() {
          await proxy?.stop();
          await database.drop();
        },
      };
    },
    async clusterEnv() {
      // Postgres needs no Redis, because it carries the wake-ups itself.
      if (type === 'postgres') return {};
      return { RESONATE_WAKEUP__REDIS__URL: (await (redis ??= startRedis())).url };
    },
    async close() {
      await (await redis)?.stop();
      await (await server?.catch(() => undefined))?.stop();
      [server, redis] = [undefined, undefined];
    },
  };
}

export const postgres = databaseServer(POSTGRES, { name: 'postgres' });
export const mariadb = databaseServer(MARIADB, { name: 'mariadb' });
export const mysqlServer = databaseServer(MYSQL, { name: 'mysql' });

/** Postgres with enough memory for a million promises. */
export const largePostgres = databaseServer(POSTGRES, {
  name: 'postgres',
  settings: { shared_buffers: '1GB', max_wal_size: '8GB' },
});

/** A database of a Postgres server that this program has not started, and that stays. */
export function existingPostgres(url: string): Database {
  return {
    env: { RESONATE_STORAGE__TYPE: 'postgres', RESONATE_STORAGE__POSTGRES__URL: url },
    target: { type: 'postgres', url, ...LIMITS },
    pids: () => [],
    settle: () => POSTGRES.settle(url),
    bytes: () => POSTGRES.bytes(url),
    drop: () => Promise.resolve(),
  };
}

export const largeMariadb = databaseServer(MARIADB, {
  name: 'mariadb',
  settings: { 'innodb-buffer-pool-size': '1G', 'innodb-log-file-size': '1G' },
});

/** The numbers of batches in flight for the comparison with distant databases. */
const IN_FLIGHT = [1, 2, 4, 8];

/** Measured only if selected. Shows the effect of the database's distance and of the batches in flight. */
export const distantPostgres = IN_FLIGHT.flatMap((count) =>
  [0, 1, 10].map((delayMs) =>
    databaseServer(POSTGRES, { name: `postgres +${delayMs}ms x${count}`, delayMs, batchesInFlight: count }),
  ),
);
