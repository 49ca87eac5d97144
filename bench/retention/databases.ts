import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StorageTarget } from '@resonate/store';
import {
  DURABLE_MARIADB,
  DURABLE_POSTGRES,
  freshMysqlDatabase,
  freshPostgresDatabase,
  startMariadb,
  startPostgres,
  type TestDatabase,
  type TestServer,
} from '@resonate/testkit';

/** An empty database that `remove` deletes. */
export interface Place {
  target: StorageTarget;
  /** How a server is told of it. */
  args: string[];
  remove(): Promise<void>;
}

export const PLACES: Record<string, () => Promise<Place>> = {
  async sqlite() {
    const directory = await mkdtemp(join(tmpdir(), 'resonate-retention-'));
    const path = join(directory, 'resonate.db');
    return {
      target: { type: 'sqlite', path },
      args: ['--storage-sqlite-path', path],
      remove: () => rm(directory, { recursive: true, force: true }),
    };
  },
  postgres: () =>
    onServer('postgres', freshPostgresDatabase, () =>
      startPostgres({ ...DURABLE_POSTGRES, shared_buffers: '1GB', max_wal_size: '8GB' }),
    ),
  mariadb: () =>
    onServer('mysql', freshMysqlDatabase, () =>
      startMariadb({ ...DURABLE_MARIADB, 'innodb-buffer-pool-size': '1G', 'innodb-log-file-size': '1G' }),
    ),
};

async function onServer(
  type: 'postgres' | 'mysql',
  fresh: (serverUrl: string) => Promise<TestDatabase>,
  start: () => Promise<TestServer>,
): Promise<Place> {
  const server = await start();
  const { url } = await fresh(server.url);
  const limits = { poolSize: 2, connectTimeoutMs: 10_000, statementTimeoutMs: 600_000, election: 'advisory' } as const;
  return {
    target: { type, url, ...limits },
    args: ['--storage-type', type, `--storage-${type}-url`, url],
    remove: () => server.stop(),
  };
}
