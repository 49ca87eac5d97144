import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { startMariadb } from './mariadb.ts';
import { queryMysql } from './mysql-query.ts';
import type { TestServer } from './owned-server.ts';

const A_DAY_MS = '86400000';

const SETTINGS = {
  'log-bin': 'binlog',
  'log-slave-updates': 'ON',
  'gtid-strict-mode': 'ON',
  'rpl-semi-sync-slave-enabled': 'ON',
  'rpl-semi-sync-master-wait-point': 'AFTER_SYNC',
  // The primary never stops waiting for its replica.
  'rpl-semi-sync-master-timeout': A_DAY_MS,
  // A former primary that starts again must not accept writes until it is told to.
  'read-only': 'ON',
  'skip-slave-start': 'ON',
};
const TAKE_WRITES = 'SET GLOBAL read_only = OFF';
const WAIT_FOR_REPLICA = 'SET GLOBAL rpl_semi_sync_master_enabled = ON';

/** Starts a MariaDB that accepts writes and can have a replica. It ends when this process ends, for any reason. */
export async function startMariadbPrimary(): Promise<TestServer> {
  const primary = await startServer();
  await queryMysql(primary.url, TAKE_WRITES);
  return primary;
}

/** Starts a replica of a running primary. From now on the primary acknowledges only what the replica has received. */
export async function startMariadbReplica(primaryUrl: string): Promise<TestServer> {
  const replica = await startServer();
  await copy(primaryUrl, replica.url);
  // Change the primary first: it waits only for replicas that connect after this.
  await queryMysql(primaryUrl, WAIT_FOR_REPLICA);
  await queryMysql(
    replica.url,
    `CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = ${new URL(primaryUrl).port}, MASTER_USER = 'root',
      MASTER_USE_GTID = slave_pos, MASTER_CONNECT_RETRY = 1`,
    'START SLAVE',
  );
  return replica;
}

/** Promotes a replica after it has applied everything that it received. From then on it acknowledges writes without waiting for a replica. */
export async function promoteMariadb(replicaUrl: string): Promise<void> {
  await queryMysql(replicaUrl, 'STOP SLAVE IO_THREAD');
  const [status] = await queryMysql(replicaUrl, 'SHOW SLAVE STATUS');
  const received = String(status?.['Gtid_IO_Pos']);
  await queryMysql(replicaUrl, `SELECT MASTER_GTID_WAIT('${received}')`, 'STOP SLAVE', 'RESET SLAVE ALL', TAKE_WRITES);
}

/** Lets a restarted server accept writes. It acknowledges a write only after its replica has received it. */
export async function makeMariadbPrimary(url: string): Promise<void> {
  await queryMysql(url, WAIT_FOR_REPLICA, TAKE_WRITES);
}

let lastId = 0;

function startServer(): Promise<TestServer> {
  return startMariadb({ ...SETTINGS, 'server-id': String(++lastId) });
}

/** Copies all databases, and the position in the primary's log from which the replica must continue. */
async function copy(fromUrl: string, toUrl: string): Promise<void> {
  const server = (url: string) => ['--no-defaults', '--host=127.0.0.1', `--port=${new URL(url).port}`, '--user=root'];
  const what = ['--all-databases', '--ignore-database=mysql', '--ignore-database=sys'];
  const dump = spawn('mariadb-dump', [...server(fromUrl), '--single-transaction', '--master-data', '--gtid', ...what], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const dumped = once(dump, 'exit');
  const load = execFile('mariadb', [...server(toUrl), '--init-command=SET SESSION sql_log_bin = 0']);
  const loaded = once(load, 'exit');
  if (!load.stdin) throw new Error('mariadb has no standard input');
  await pipeline(dump.stdout, load.stdin);
  const codes = (await Promise.all([dumped, loaded])).map(([code]: unknown[]) => code);
  if (codes.some((code) => code !== 0)) throw new Error(`mariadb-dump and mariadb ended with codes ${codes.join()}`);
}
