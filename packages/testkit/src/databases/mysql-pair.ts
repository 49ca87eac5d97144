import { dirname, join } from 'node:path';
import { queryMysql } from './mysql-query.ts';
import { mysqlProgram, startMysql } from './mysql.ts';
import type { TestServer } from './owned-server.ts';

/** A primary, and a replica that has received everything the primary has acknowledged. */
export interface MysqlPair {
  primary: TestServer;
  replica: TestServer;
  /** Promotes the replica after it has applied everything that it received. From then on it acknowledges writes without waiting for a replica. */
  promote(): Promise<void>;
  stop(): Promise<void>;
}

const A_DAY_MS = '86400000';

const SETTINGS = {
  'log-bin': 'binlog',
  'gtid-mode': 'ON',
  'enforce-gtid-consistency': 'ON',
  'plugin-dir': join(dirname(mysqlProgram()), 'files/usr/lib/mysql/plugin'),
  'plugin-load-add': 'semisync_source.so;semisync_replica.so;mysql_clone.so',
  'rpl-semi-sync-replica-enabled': 'ON',
  // The primary never stops waiting for its replica.
  'rpl-semi-sync-source-timeout': A_DAY_MS,
  // A former primary that starts again must not accept writes until it is told to.
  'super-read-only': 'ON',
  // A clone has the replication settings of its source. It must not replicate until it is told from which server.
  'skip-replica-start': 'ON',
};
const TAKE_WRITES = 'SET GLOBAL super_read_only = OFF, read_only = OFF';
const WAIT_FOR_REPLICA = 'SET GLOBAL rpl_semi_sync_source_enabled = ON';
/** The error after a clone if no supervisor can restart the server. `replica.restart` does that instead. */
const NOT_SUPERVISED = 3707;

/** Starts two MySQL servers with semi-synchronous replication by GTID. They end when this process ends. */
export async function startMysqlPair(): Promise<MysqlPair> {
  const [primary, replica] = await Promise.all([startServer(), startServer()]);
  await follow(replica.url, primary.url);
  await makeMysqlPrimary(primary.url);
  return {
    primary,
    replica,
    promote: () => promoteMysql(replica.url),
    stop: async () => {
      await Promise.all([primary.stop(), replica.stop()]);
    },
  };
}

/** Starts a replica of a running primary. From now on the primary acknowledges only what the replica has received. */
export async function startMysqlReplica(primaryUrl: string): Promise<TestServer> {
  const replica = await startServer();
  const { host } = new URL(primaryUrl);
  try {
    await queryMysql(
      replica.url,
      `SET GLOBAL clone_valid_donor_list = '${host}'`,
      `CLONE INSTANCE FROM root@'127.0.0.1':${new URL(primaryUrl).port} IDENTIFIED BY ''`,
    );
  } catch (error) {
    if ((error as { errno?: number }).errno !== NOT_SUPERVISED) throw error;
  }
  await replica.restart();
  await follow(replica.url, primaryUrl);
  await queryMysql(primaryUrl, WAIT_FOR_REPLICA);
  return replica;
}

/** Promotes a replica after it has applied everything that it received. From then on it acknowledges writes without waiting for a replica. */
export async function promoteMysql(replicaUrl: string): Promise<void> {
  await queryMysql(replicaUrl, 'STOP REPLICA IO_THREAD');
  const [status] = await queryMysql(replicaUrl, 'SHOW REPLICA STATUS');
  const received = String(status?.['Retrieved_Gtid_Set']).replaceAll(/\s/g, '');
  await queryMysql(replicaUrl, `SELECT WAIT_FOR_EXECUTED_GTID_SET('${received}')`, 'STOP REPLICA', TAKE_WRITES);
}

/** Lets a started or restarted server accept writes. It acknowledges a write only after its replica has received it. */
export async function makeMysqlPrimary(url: string): Promise<void> {
  await queryMysql(url, WAIT_FOR_REPLICA, TAKE_WRITES);
}

let lastId = 0;

function startServer(): Promise<TestServer> {
  return startMysql({ ...SETTINGS, 'server-id': String(++lastId) });
}

async function follow(replicaUrl: string, primaryUrl: string): Promise<void> {
  await queryMysql(
    replicaUrl,
    `CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = ${new URL(primaryUrl).port},
      SOURCE_USER = 'root', SOURCE_AUTO_POSITION = 1, SOURCE_CONNECT_RETRY = 1, GET_SOURCE_PUBLIC_KEY = 1`,
    'START REPLICA',
  );
}
