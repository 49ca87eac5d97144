import type { Dialect, Inspection } from './dialect.ts';

/** A database server, which several processes may share. */
export interface ServerTarget {
  type: 'postgres' | 'mysql';
  url: string;
  poolSize: number;
  connectTimeoutMs: number;
  statementTimeoutMs: number;
  election: 'advisory' | 'lease';
}

/** A file, which only one process uses at a time. `synchronous`: see `ConnectOptions` in packages/drivers/src/sqlite/connection.ts. */
export interface FileTarget {
  type: 'sqlite';
  path: string;
  synchronous?: 'full' | 'normal';
}

export type StorageTarget = FileTarget | ServerTarget;

/**
 * Opens and migrates the database. Only the chosen driver is loaded, so a broken installation of another one does not
 * matter.
 * @param clock this machine's clock (epoch ms), used on SQLite; a database server has its own.
 * @throws StoreUnavailable if it cannot be reached, and an error with the reason if its schema does not fit.
 */
export async function openDialect(target: StorageTarget, clock: () => number): Promise<Dialect> {
  const dialect = await create(target, clock);
  try {
    await dialect.migrate();
  } catch (error) {
    await dialect.close();
    throw error;
  }
  return dialect;
}

async function create(target: StorageTarget, clock: () => number): Promise<Dialect> {
  switch (target.type) {
    case 'sqlite': {
      const { synchronous = 'full' } = target;
      const { connect } = await import('@resonate/drivers/sqlite');
      const { SqliteDialect } = await import('./dialects/sqlite/dialect.ts');
      return new SqliteDialect(target.path, clock, (path) => connect(path, { synchronous }));
    }
    case 'postgres':
      return new (await import('./dialects/postgres/dialect.ts')).PostgresDialect(target, target.election === 'lease');
    case 'mysql':
      return new (await import('./dialects/mysql/dialect.ts')).MysqlDialect(target);
  }
}

/**
 * Opens a database that servers use. The caller must only read (SQLite enforces this). Migrates nothing: check the version of
 * the schema first (`inspectStore`).
 * @throws StoreUnavailable if it cannot be reached.
 */
export async function openForReading(target: StorageTarget): Promise<Pick<Dialect, 'plain' | 'rewrite' | 'close'>> {
  if (target.type === 'sqlite') return (await import('./dialects/sqlite/inspect.ts')).openForReading(target.path);
  return create(target, Date.now);
}

/**
 * Reads the state of a database. Migrates, locks and writes nothing, so servers may use it at the same time.
 * @param clock this machine's clock (epoch ms), used on SQLite.
 * @throws StoreUnavailable if it cannot be reached or read; on Postgres also an error if a server could not use it.
 */
export async function inspectStore(target: StorageTarget, clock: () => number): Promise<Inspection> {
  switch (target.type) {
    case 'sqlite':
      return (await import('./dialects/sqlite/inspect.ts')).inspect(target.path, clock);
    case 'postgres':
      return (await import('./dialects/postgres/inspect.ts')).inspect(target, target.election === 'lease');
    case 'mysql':
      return (await import('./dialects/mysql/inspect.ts')).inspect(target);
  }
}
