import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDialect, type Dialect, type StorageTarget } from '@resonate/store';
import {
  freshMysqlDatabase,
  freshPostgresDatabase,
  startMariadb,
  startPostgres,
  type TestDatabase,
  type TestServer,
} from '@resonate/testkit';

export interface OpenDatabase {
  dialect: Dialect;
  close(): Promise<void>;
}

/** Where searches are measured: each opens an empty, migrated database that `close` deletes. */
export const DATABASES: Record<string, () => Promise<OpenDatabase>> = {
  async sqlite() {
    const directory = await mkdtemp(join(tmpdir(), 'resonate-search-'));
    const target: StorageTarget = { type: 'sqlite', path: join(directory, 'resonate.db') };
    return opened(target, () => rm(directory, { recursive: true, force: true }));
  },
  postgres: () => onServer('postgres', startPostgres, freshPostgresDatabase),
  mariadb: () => onServer('mysql', startMariadb, freshMysqlDatabase),
};

async function onServer(
  type: 'postgres' | 'mysql',
  start: (settings: Record<string, string>) => Promise<TestServer>,
  fresh: (serverUrl: string) => Promise<TestDatabase>,
): Promise<OpenDatabase> {
  const settings: Record<string, string> =
    type === 'postgres'
      ? // Statistics are gathered within seconds, as they would have been while the tables grew.
        { shared_buffers: '1GB', max_wal_size: '8GB', autovacuum_naptime: '1' }
      : { 'innodb-buffer-pool-size': '1G', 'innodb-log-file-size': '1G' };
  const server = await start(settings);
  const { url } = await fresh(server.url);
  const limits = { poolSize: 2, connectTimeoutMs: 10_000, statementTimeoutMs: 600_000 };
  return opened({ type, url, ...limits, election: 'advisory' }, () => server.stop());
}

async function opened(target: StorageTarget, remove: () => Promise<void>): Promise<OpenDatabase> {
  const dialect = await openDialect(target, Date.now);
  return {
    dialect,
    async close() {
      await dialect.close();
      await remove();
    },
  };
}
