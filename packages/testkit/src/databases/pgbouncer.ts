import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../free-port.ts';
import { giveToServer, startOwned, type TestServer } from './owned-server.ts';

export type PoolMode = 'session' | 'transaction';

const PROGRAM = process.env['TEST_PGBOUNCER'] ?? '/usr/sbin/pgbouncer';

/** Whether this version supports prepared statements in transaction mode. */
function pgbouncerTracksStatements(): boolean {
  const [, minor = '0'] = /PgBouncer 1\.(\d+)/.exec(execFileSync(PROGRAM, ['--version'], { encoding: 'utf8' })) ?? [];
  return Number(minor) >= 21;
}

/**
 * Starts PgBouncer in front of a server. It ends when this process ends, for any reason.
 * @param serverUrl the URL of a server on this machine that needs no password.
 * @param statements the maximum number of prepared statements in transaction mode, if the version supports them.
 */
export async function startPgbouncer(serverUrl: string, mode: PoolMode, statements = 200): Promise<TestServer> {
  const port = await freePort();
  const target = new URL(serverUrl);
  const server = await startOwned('pgbouncer', (directory) => {
    const settings = {
      listen_addr: '127.0.0.1',
      listen_port: port,
      unix_socket_dir: '',
      auth_type: 'any',
      pool_mode: mode,
      default_pool_size: 60,
      max_client_conn: 500,
      ignore_startup_parameters: 'options',
      ...(pgbouncerTracksStatements() && { max_prepared_statements: statements }),
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
    const database = `* = host=${target.hostname} port=${target.port} user=${target.username}`;
    const file = join(directory, 'pgbouncer.ini');
    writeFileSync(file, ['[databases]', database, '[pgbouncer]', ...lines, ''].join('\n'));
    giveToServer(file);
    return { command: PROGRAM, args: [file], ready: /process up/, stopSignal: 'KILL' };
  });
  target.port = String(port);
  return { ...server, url: target.href };
}
