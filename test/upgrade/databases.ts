import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  freshMysqlDatabase,
  freshPostgresDatabase,
  mysqlForTests,
  postgresForTests,
  type TestDatabase,
} from '@resonate/testkit';
import type { StorageTarget } from '@resonate/store';
import Sqlite from 'better-sqlite3';
import { createConnection, type Connection } from 'mysql2/promise';
import pg from 'pg';
import type { Dialect } from './frozen.ts';

export type Row = Record<string, unknown>;

/** An empty database of one dialect. */
export interface UpgradeDatabase {
  target: StorageTarget;
  /** Runs a script of statements. */
  run(script: string): Promise<void>;
  select(sql: string): Promise<Row[]>;
  /** Tables, columns and indexes with their definitions. */
  schema(): Promise<Row[]>;
  tables(): Promise<string[]>;
  drop(): Promise<void>;
}

/** The databases' servers. */
export interface Servers {
  fresh: Record<Dialect, () => Promise<UpgradeDatabase>>;
  stop(): Promise<void>;
}

export async function startServers(): Promise<Servers> {
  const [postgres, mysql] = await Promise.all([postgresForTests(), mysqlForTests()]);
  return {
    fresh: {
      sqlite: () => Promise.resolve(onSqlite()),
      postgres: async () => onPostgres(await freshPostgresDatabase(postgres.url)),
      mysql: async () => onMysql(await freshMysqlDatabase(mysql.url)),
    },
    stop: async () => {
      await Promise.all([postgres.stop(), mysql.stop()]);
    },
  };
}

/** The storage arguments of a server's command line. */
export function storageArguments(target: StorageTarget): string[] {
  return target.type === 'sqlite'
    ? ['--storage-sqlite-path', target.path]
    : ['--storage-type', target.type, `--storage-${target.type}-url`, target.url];
}

/** Whether a transaction keeps a SQLite database locked. Opening it locks it too, but for less than the timeout here. */
export function isLocked(path: string): boolean {
  const database = new Sqlite(path, { timeout: 500 });
  try {
    database.exec('BEGIN IMMEDIATE; ROLLBACK');
    return false;
  } catch (error) {
    // Each test file loads its own copy of better-sqlite3, but the process keeps the error class of the first copy.
    if ((error as { code?: unknown }).code === 'SQLITE_BUSY') return true;
    throw error;
  } finally {
    database.close();
  }
}

function onSqlite(): UpgradeDatabase {
  const directory = mkdtempSync(join(tmpdir(), 'upgrade-'));
  const path = join(directory, 'resonate.db');
  const use = <Result>(work: (database: Sqlite.Database) => Result): Promise<Result> => {
    const database = new Sqlite(path);
    try {
      return Promise.resolve(work(database));
    } finally {
      database.close();
    }
  };
  const select = (sql: string) => use((database) => database.prepare<[], Row>(sql).all());
  const OURS = "FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'";
  return {
    target: { type: 'sqlite', path },
    run: (script) => use((database) => void database.exec(script)),
    select,
    schema: () => select(`SELECT name, sql ${OURS} ORDER BY name`),
    tables: async () => (await select(`SELECT name ${OURS} AND type = 'table' ORDER BY name`)).map(nameOf),
    drop: async () => rmSync(directory, { recursive: true }),
  };
}

const LIMITS = { poolSize: 2, connectTimeoutMs: 10_000, statementTimeoutMs: 30_000, election: 'advisory' } as const;

function onPostgres({ url, drop }: TestDatabase): UpgradeDatabase {
  const query = async (sql: string) => {
    const client = new pg.Client(url);
    await client.connect();
    try {
      return await client.query<Row>(sql);
    } finally {
      await client.end();
    }
  };
  const select = async (sql: string) => (await query(sql)).rows;
  return {
    target: { type: 'postgres', url, ...LIMITS },
    run: async (script) => {
      await query(script);
    },
    select,
    schema: async () => [
      ...(await select(`SELECT table_name, column_name, data_type, collation_name, is_nullable, column_default
        FROM information_schema.columns WHERE table_schema = 'public' ORDER BY table_name, ordinal_position`)),
      ...(await select(`SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1`)),
      ...(await select(`SELECT relname, reloptions FROM pg_class WHERE reloptions IS NOT NULL
        AND relnamespace = 'public'::regnamespace ORDER BY 1`)),
    ],
    tables: async () =>
      (await select("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")).map(nameOf),
    drop,
  };
}

function onMysql({ url, drop }: TestDatabase): UpgradeDatabase {
  const use = async <Result>(work: (connection: Connection) => Promise<Result>): Promise<Result> => {
    const connection = await createConnection({ uri: url, multipleStatements: true });
    try {
      return await work(connection);
    } finally {
      await connection.end();
    }
  };
  const select = (sql: string) => use(async (connection) => (await connection.query(sql))[0] as Row[]);
  const IN = 'FROM information_schema';
  return {
    target: { type: 'mysql', url, ...LIMITS },
    run: async (script) => {
      await use((connection) => connection.query(script));
    },
    select,
    schema: async () => [
      ...(await select(`SELECT table_name, column_name, column_type, collation_name, is_nullable, extra
        ${IN}.columns WHERE table_schema = DATABASE() ORDER BY table_name, ordinal_position`)),
      ...(await select(`SELECT table_name, index_name, seq_in_index, column_name, non_unique
        ${IN}.statistics WHERE table_schema = DATABASE() ORDER BY 1, 2, 3`)),
    ],
    tables: async () =>
      (await select(`SELECT table_name AS name ${IN}.tables WHERE table_schema = DATABASE() ORDER BY 1`)).map(nameOf),
    drop,
  };
}

function nameOf({ name }: Row): string {
  return String(name);
}
