import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../free-port.ts';
import { flags, UNSYNCED } from './mysql-settings.ts';
import { SERVER_USER, startOwned, type TestServer } from './owned-server.ts';

/** Debian installs servers in folders that are not in a user's PATH. */
const PATH = `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/local/sbin`;

const SETTINGS = { 'bind-address': '127.0.0.1', 'max-connections': '200', ...UNSYNCED };

/**
 * Starts a new MariaDB on a free port, without a password, and without syncing unless `settings` say so. It ends when
 * this process ends, for any reason.
 * @param settings further options of mariadbd, without dashes: `sync-binlog` for `--sync-binlog`.
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

async function createDataDirectory(data: string): Promise<void> {
  // A starting server deletes all temporary tables in `tmpdir`, in a shared folder also those of other servers.
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
    const hint = 'For tests that need only one server you can instead set TEST_MYSQL_URL to a running one';
    throw new Error(`MariaDB is not installed: run \`apt-get install mariadb-server\`. ${hint}`, { cause: error });
  }
}
