import { startMysqlPair, startPostgresPair, startTcpProxy } from '@resonate/testkit';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';

/** A database that can fail over, as the tests see it. */
export interface FailingOver {
  /** Command line arguments of a server that uses it. */
  storage: readonly string[];
  /** Ends the primary with kill -9. */
  kill9(): Promise<void>;
  /** Makes the other server the primary and directs clients to it. */
  promote(): Promise<void>;
  /** Starts the former primary again. */
  bringBack(): Promise<void>;
  /** The position of the former primary in its log. The text stays the same as long as nothing is written to it. */
  writesOfFormer(): Promise<string>;
  /** Breaks all connections of clients, so that they connect again. */
  disconnect(): Promise<void>;
  /** Directs new connections to the former primary, or back to the new one. Null if the clients find the primary themselves. */
  leadTo: ((which: 'former' | 'new') => void) | null;
  /** States of promises by id, read from the new primary. */
  states(): Promise<Map<string, string>>;
  stop(): Promise<void>;
}

const portOf = (url: string) => Number(new URL(url).port);
const STATES = 'SELECT id, state FROM promises';

async function selectPostgres(url: string, sql: string): Promise<string[][]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<string[]>({ text: sql, rowMode: 'array' })).rows;
  } finally {
    await client.end();
  }
}

async function selectMysql(url: string, sql: string): Promise<string[][]> {
  const connection = await createConnection({ uri: url, rowsAsArray: true });
  try {
    const [rows] = await connection.query(sql);
    // Columns with a binary collation come as bytes.
    return Array.isArray(rows) ? (rows as unknown[][]).map((row) => row.map(String)) : [];
  } finally {
    await connection.end();
  }
}

/** Switches autovacuum off. It writes by itself, so a test could not tell whether a server has written. */
const QUIET = { autovacuum: 'off' };

/** @param way how clients find the primary. */
export async function startPostgresFailingOver(way: 'hosts' | 'proxy'): Promise<FailingOver> {
  const { primary, standby, ...pair } = await startPostgresPair(QUIET);
  const proxy = await startTcpProxy('127.0.0.1', portOf(primary.url));
  const ports = way === 'proxy' ? [proxy.port] : [portOf(primary.url), portOf(standby.url)];
  const hosts = ports.map((port) => `127.0.0.1:${port}`).join();
  const leadTo = (which: 'former' | 'new') => {
    proxy.target.port = portOf(which === 'former' ? primary.url : standby.url);
  };
  return {
    storage: [
      ...['--storage-type', 'postgres', '--storage-postgres-url'],
      `postgres://postgres@${hosts}/postgres?target_session_attrs=read-write`,
    ],
    kill9: () => primary.killAll(),
    promote: async () => {
      await pair.promote();
      leadTo('new');
    },
    bringBack: async () => {
      await primary.restart();
      await pair.allowSplitBrain();
    },
    writesOfFormer: async () =>
      String(await selectPostgres(primary.url, 'SELECT pg_snapshot_xmax(pg_current_snapshot())::text')),
    disconnect: async () => {
      const others = "backend_type = 'client backend' AND pid <> pg_backend_pid()";
      await selectPostgres(standby.url, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${others}`);
    },
    leadTo: way === 'proxy' ? leadTo : null,
    states: async () =>
      new Map((await selectPostgres(standby.url, STATES)).map(([id = '', state = '']) => [id, state])),
    stop: async () => {
      await proxy.stop();
      await pair.stop();
    },
  };
}

export async function startMysqlFailingOver(): Promise<FailingOver> {
  const { primary, replica, ...pair } = await startMysqlPair();
  await selectMysql(primary.url, 'CREATE DATABASE app');
  const proxy = await startTcpProxy('127.0.0.1', portOf(primary.url));
  const leadTo = (which: 'former' | 'new') => {
    proxy.target.port = portOf(which === 'former' ? primary.url : replica.url);
  };
  return {
    storage: ['--storage-type', 'mysql', '--storage-mysql-url', `mysql://root@127.0.0.1:${proxy.port}/app`],
    kill9: () => primary.killAll(),
    promote: async () => {
      // Clients reach the replica while it may still be applying what it received.
      leadTo('new');
      await pair.promote();
    },
    bringBack: () => primary.restart(),
    writesOfFormer: async () => String(await selectMysql(primary.url, 'SELECT @@gtid_executed')),
    disconnect: () => {
      for (const link of proxy.links) link.cut();
      return Promise.resolve();
    },
    leadTo,
    states: async () =>
      new Map(
        (await selectMysql(replica.url, STATES.replace('promises', 'app.promises'))).map(([id = '', state = '']) => [
          id,
          state,
        ]),
      ),
    stop: async () => {
      await proxy.stop();
      await pair.stop();
    },
  };
}
