import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../free-port.ts';
import { SERVER_USER, startOwned, type TestServer } from './owned-server.ts';
import type { TestDatabase } from './postgres.ts';

/** Debian keeps servers out of a user's search path. */
const PATH = `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/local/sbin`;

/** No test cuts the power, and some disks take 10 ms to sync. */
const UNSYNCED = { 'innodb-flush-log-at-trx-commit': '2', 'innodb-flush-method': 'nosync', 'innodb-doublewrite': '0' };

const SETTINGS = { 'bind-address': '127.0.0.1', 'max-connections': '200', ...UNSYNCED };

/** Settings for what measures: the durability of production. */
export const DURABLE_MARIADB = {
  'innodb-flush-log-at-trx-commit': '1',
  'innodb-flush-method': 'O_DIRECT',
  'innodb-doublewrite': '1',
};

/**
 * Starts a MariaDB of its own on a free port, without a password, and without syncing unless `settings` say so. It
 * ends with this process, however that ends.
 * @param settings more options of mariadbd, `sync-binlog` for `--sync-binlog`.
 */
export async function startMariadb(settings: Record<string, string> = {}): Promise<TestServer> {
  const port = await freePort();
  const server = await startOwned('mariadb', async (directory) => {
    const data = join(directory, 'data');
    await createDataDirectory(data);
    const files = { datadir: data, tmpdir: directory, socket: join(directory, 'socket') };
    const options = { ...SETTINGS, ...settings, ...files, port: String(port) };
    return {
      command: 'env',
      args: [`PATH=${PATH}`, 'mariadbd', '--no-defaults', ...flags(options)],
      ready: /ready for connections/,
      stopSignal: 'TERM',
    };
  });
  return { ...server, url: `mysql://root@127.0.0.1:${port}/mysql` };
}

/** The server that `TEST_MYSQL_URL` names, MySQL or MariaDB, else one of its own: for tests that need no power over it. */
export async function mysqlForTests(): Promise<Pick<TestServer, 'url' | 'stop'>> {
  const url = process.env['TEST_MYSQL_URL'];
  return url ? { url, stop: async () => {} } : startMariadb();
}

/** Creates an empty database with a name of its own on the server. */
export async function freshMysqlDatabase(serverUrl: string): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await runMysql(serverUrl, `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => runMysql(serverUrl, `DROP DATABASE IF EXISTS ${name}`) };
}

async function createDataDirectory(data: string): Promise<void> {
  // A server that starts deletes the temporary tables it finds, others' in a shared folder too.
  const options = { 'auth-root-authentication-method': 'normal', datadir: data, tmpdir: join(data, '..'), ...UNSYNCED };
  try {
    await promisify(execFile)('mariadb-install-db', ['--no-defaults', '--skip-test-db', ...flags(options)], {
      ...SERVER_USER,
      cwd: join(data, '..'),
      env: { ...process.env, PATH },
    });
  } catch (error) {
    const { code, message, stderr } = error as NodeJS.ErrnoException & { stderr?: string };
    if (code !== 'ENOENT') throw new Error(`mariadb-install-db failed: ${stderr || message}`, { cause: error });
    const hint = 'apt-get install mariadb-server, or set TEST_MYSQL_URL to a server for tests that need only one';
    throw new Error(`MariaDB is not installed: ${hint}`, { cause: error });
  }
}

function flags(options: Record<string, string>): string[] {
  return Object.entries(options).map(([name, value]) => `--${name}=${value}`);
}

async function runMysql(url: string, sql: string): Promise<void> {
  const { createConnection } = await import('mysql2/promise');
  const connection = await createConnection(url);
  try {
    await connection.query(sql);
  } finally {
    await connection.end();
  }
}
