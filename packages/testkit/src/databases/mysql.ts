import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../free-port.ts';
import { TEST_CACHE } from '../test-cache.ts';
import { flags, UNSYNCED } from './mysql-settings.ts';
import { startOwned, type TestServer } from './owned-server.ts';

/** Where scripts/install-mysql.sh puts the server. */
export function mysqlProgram(): string {
  return join(TEST_CACHE, 'mysql', 'mysqld');
}

/** Only root may read the cache folder, so mysqld cannot run as `nobody`. It runs as root only with this option. */
const AS_ROOT = process.getuid?.() === 0 ? { user: 'root' } : {};

const SETTINGS = {
  'bind-address': '127.0.0.1',
  'max-connections': '200',
  // The default folder for LOAD DATA does not exist, because the server is unpacked and not installed.
  'secure-file-priv': 'NULL',
  ...UNSYNCED,
  // MariaDB has both off by default. With both on, creating a migrated database takes twice as long.
  'disable-log-bin': 'ON',
  'performance-schema': 'OFF',
  ...AS_ROOT,
};

/**
 * Starts a new MySQL on a free port, without a password, and without syncing unless `settings` say so. It ends when this
 * process ends, for any reason.
 * @param settings further options of mysqld, without dashes: `sync-binlog` for `--sync-binlog`.
 * @throws if scripts/install-mysql.sh has not put it into the cache folder.
 */
export async function startMysql(settings: Record<string, string> = {}): Promise<TestServer> {
  const program = mysqlProgram();
  if (!existsSync(program)) throw new Error(`MySQL is not installed in ${program}: run scripts/install-mysql.sh`);
  const port = await freePort();
  const server = await startOwned('mysql', async (directory) => {
    const options = { ...SETTINGS, datadir: join(directory, 'data'), tmpdir: directory };
    const initialize = ['--no-defaults', '--initialize-insecure', ...flags(options)];
    await promisify(execFile)(program, initialize, { cwd: directory });
    const running = { ...options, ...settings, socket: join(directory, 'socket'), port: String(port), mysqlx: '0' };
    return {
      command: program,
      args: ['--no-defaults', ...flags(running)],
      ready: /ready for connections/,
      stopSignal: 'TERM',
      runAs: 'self',
    };
  });
  return { ...server, url: `mysql://root@127.0.0.1:${port}/mysql` };
}
