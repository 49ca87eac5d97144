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
  /** Promotes the standby. From then on it acknowledges writes without waiting for a standby. */
  promote(): Promise<void>;
  /** Lets the restarted former primary accept writes without a standby: the worst case, two primaries at once. */
  allowSplitBrain(): Promise<void>;
  stop(): Promise<void>;
}

const SETTINGS = {
  listen_addresses: '127.0.0.1,::1',
  unix_socket_directories: '',
  max_connections: '200',
  fsync: 'off',
  // A standby that lost its primary looks for it this often; the default is 5 s.
  wal_retrieve_retry_interval: '500ms',
  // A new standby requests what was written while it was copied.
  wal_keep_size: '256MB',
};
const READY = /ready to accept (?:read-only )?connections/;
const STANDBY = 'standby';
const RELOAD = 'SELECT pg_reload_conf()';
const waitForStandby = (names: string) => `ALTER SYSTEM SET synchronous_standby_names = '${names}'`;

/** The program folder of the system's newest Postgres; null if there is none. The npm package has no pg_basebackup. */
export function postgresPrograms(): string | null {
  const version = (path: string) => Number(path.split('/').at(-3));
  const found = globSync('/usr/lib/postgresql/*/bin/pg_basebackup').sort((a, b) => version(b) - version(a));
  return found[0] ? join(found[0], '..') : null;
}

/**
 * Starts two servers of the system's Postgres, with synchronous replication from one to the other. They end when this
 * process ends, for any reason.
 * @param settings for both servers.
 */
export async function startPostgresPair(settings: Record<string, string> = {}): Promise<PostgresPair> {
  const primary = await startServer('postgres-primary', settings, 'initdb', (directory) => [
    ...['-D', directory, '--auth=trust', '--username=postgres', '--encoding=UTF8', '--no-sync', '--no-instructions'],
    '--locale=C',
  ]);
  const standby = await startPostgresStandby(primary.url, settings);
  return {
    primary,
    standby,
    promote: () => promotePostgres(standby.url),
    allowSplitBrain: () => runPostgres(primary.url, waitForStandby(''), RELOAD),
    stop: async () => {
      await Promise.all([primary.stop(), standby.stop()]);
    },
  };
}

/** Starts a standby of a running primary. From now on the primary acknowledges only what the standby has, too. */
export async function startPostgresStandby(
  primaryUrl: string,
  settings: Record<string, string> = {},
): Promise<TestServer> {
  const { port } = new URL(primaryUrl);
  const standby = await startServer(STANDBY, settings, 'pg_basebackup', (directory) => [
    ...['-D', directory, '-h', '127.0.0.1', '-p', port, '-U', 'postgres', '--write-recovery-conf', '--no-sync'],
    ...['--checkpoint=fast', '--wal-method=stream'],
  ]);
  await runPostgres(primaryUrl, waitForStandby(STANDBY), RELOAD);
  return standby;
}

/** Promotes a standby. From then on it acknowledges writes without waiting for a standby. */
export function promotePostgres(standbyUrl: string): Promise<void> {
  return runPostgres(standbyUrl, 'SELECT pg_promote()');
}

/** @param fill the program that creates the server's data directory. */
async function startServer(
  name: string,
  more: Record<string, string>,
  fill: string,
  argumentsOf: (directory: string) => string[],
): Promise<TestServer> {
  const programs = postgresPrograms();
  if (programs === null) throw new Error('Postgres with pg_basebackup is not installed: apt-get install postgresql');
  const port = await freePort();
  // A standby introduces itself to its primary by the name of its cluster.
  const settings = Object.entries({ ...SETTINGS, ...more, port: String(port), cluster_name: name });
  const server = await startOwned(name, async (directory) => {
    await promisify(execFile)(join(programs, fill), argumentsOf(directory), { ...SERVER_USER, cwd: directory });
    const args = ['-D', directory, ...settings.flatMap(([setting, value]) => ['-c', `${setting}=${value}`])];
    return { command: join(programs, 'postgres'), args, ready: READY };
  });
  return { ...server, url: `postgres://postgres@127.0.0.1:${port}/postgres` };
}
