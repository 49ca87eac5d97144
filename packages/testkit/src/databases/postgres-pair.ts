import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../free-port.ts';
import { SERVER_USER, startOwned, type TestServer } from './owned-server.ts';
import { runPostgres } from './postgres.ts';

/** A primary, and a standby that has everything the primary has acknowledged. */
export interface PostgresPair {
  primary: TestServer;
  standby: TestServer;
  /** Makes the standby a primary that waits for no other. */
  promote(): Promise<void>;
  /** Lets the former primary, started again, take writes although no standby confirms them: the worst it can do. */
  misleadFormer(): Promise<void>;
  stop(): Promise<void>;
}

const SETTINGS = {
  listen_addresses: '127.0.0.1,::1',
  unix_socket_directories: '',
  max_connections: '200',
  fsync: 'off',
  // It writes by itself. Then a test could not tell whether anybody else has.
  autovacuum: 'off',
};
const READY = /ready to accept (?:read-only )?connections/;
const STANDBY = 'standby';

/** The folder of the programs of the newest Postgres that the system has: npm's lacks pg_basebackup. Null without any. */
export function postgresPrograms(): string | null {
  const version = (path: string) => Number(path.split('/').at(-3));
  const found = globSync('/usr/lib/postgresql/*/bin/pg_basebackup').sort((a, b) => version(b) - version(a));
  return found[0] ? join(found[0], '..') : null;
}

/**
 * Starts two servers of the system's Postgres, with synchronous replication from one to the other. They end with this
 * process, however that ends.
 */
export async function startPostgresPair(): Promise<PostgresPair> {
  const programs = postgresPrograms();
  if (programs === null) throw new Error('Postgres with pg_basebackup is not installed: apt-get install postgresql');
  const primary = await startServer('postgres-primary', programs, 'initdb', (directory) => [
    ...['-D', directory, '--auth=trust', '--username=postgres', '--encoding=UTF8', '--no-sync', '--no-instructions'],
    '--locale=C',
  ]);
  const { port } = new URL(primary.url);
  const standby = await startServer(STANDBY, programs, 'pg_basebackup', (directory) => [
    ...['-D', directory, '-h', '127.0.0.1', '-p', port, '-U', 'postgres', '--write-recovery-conf', '--no-sync'],
    ...['--checkpoint=fast', '--wal-method=stream'],
  ]);
  const waitForStandby = (names: string) => `ALTER SYSTEM SET synchronous_standby_names = '${names}'`;
  const reload = 'SELECT pg_reload_conf()';
  await runPostgres(primary.url, waitForStandby(STANDBY), reload);
  return {
    primary,
    standby,
    promote: () => runPostgres(standby.url, 'SELECT pg_promote()'),
    misleadFormer: () => runPostgres(primary.url, waitForStandby(''), reload),
    stop: async () => {
      await Promise.all([primary.stop(), standby.stop()]);
    },
  };
}

/** @param fill the program that fills the server's directory. */
async function startServer(
  name: string,
  programs: string,
  fill: string,
  argumentsOf: (directory: string) => string[],
): Promise<TestServer> {
  const port = await freePort();
  // A standby introduces itself to its primary by the name of its cluster.
  const settings = Object.entries({ ...SETTINGS, port: String(port), cluster_name: name });
  const server = await startOwned(name, async (directory) => {
    await promisify(execFile)(join(programs, fill), argumentsOf(directory), { ...SERVER_USER, cwd: directory });
    const args = ['-D', directory, ...settings.flatMap(([setting, value]) => ['-c', `${setting}=${value}`])];
    return { command: join(programs, 'postgres'), args, ready: READY };
  });
  return { ...server, url: `postgres://postgres@127.0.0.1:${port}/postgres` };
}
