import type { Dialect } from './dialect.ts';

/** A database server that processes share. */
export interface ServerTarget {
  type: 'postgres' | 'mysql';
  url: string;
  poolSize: number;
  connectTimeoutMs: number;
  statementTimeoutMs: number;
  election: 'advisory' | 'lease';
}

/** A file of this process. `synchronous`: see `ConnectOptions`. */
export interface FileTarget {
  type: 'sqlite';
  path: string;
  synchronous?: 'full' | 'normal';
}

export type StorageTarget = FileTarget | ServerTarget;

/**
 * Opens and migrates the database. Drivers load only when they are chosen, so a broken one harms nobody else.
 * @param clock this machine's, which is the store's on SQLite; a server has its own.
 * @throws StoreUnavailable when it can't be reached; an error that says why when its schema does not fit.
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
      const { connect } = await import('./dialects/sqlite/file/connection.ts');
      const { SqliteDialect } = await import('./dialects/sqlite/dialect.ts');
      return new SqliteDialect(target.path, clock, (path) => connect(path, { synchronous }));
    }
    case 'postgres':
      return new (await import('./dialects/postgres/dialect.ts')).PostgresDialect(target, target.election === 'lease');
    case 'mysql':
      return new (await import('./dialects/mysql/dialect.ts')).MysqlDialect(target);
  }
}
