import { dirname, join } from 'node:path';
import { mysqlProgram, startMysql } from './mysql.ts';
import type { TestServer } from './owned-server.ts';

/** A primary, and a replica that has received everything the primary has acknowledged. */
export interface MysqlPair {
  primary: TestServer;
  replica: TestServer;
  /** Makes the replica a primary that waits for no other, once it has applied what it received. */
  promote(): Promise<void>;
  stop(): Promise<void>;
}

const A_DAY_MS = '86400000';

const SETTINGS = {
  'log-bin': 'binlog',
  'gtid-mode': 'ON',
  'enforce-gtid-consistency': 'ON',
  'plugin-dir': join(dirname(mysqlProgram()), 'files/usr/lib/mysql/plugin'),
  'plugin-load-add': 'semisync_source.so;semisync_replica.so',
  'rpl-semi-sync-replica-enabled': 'ON',
  // It never gives up waiting for the replica.
  'rpl-semi-sync-source-timeout': A_DAY_MS,
  // As a server should start that was the primary once: it takes writes when it is told to.
  'super-read-only': 'ON',
};
const TAKE_WRITES = 'SET GLOBAL super_read_only = OFF, read_only = OFF';

/** Starts two servers of MySQL with semi-synchronous replication by GTID. They end with this process, however that ends. */
export async function startMysqlPair(): Promise<MysqlPair> {
  const [primary, replica] = (await Promise.all(
    ['1', '2'].map((id) => startMysql({ ...SETTINGS, 'server-id': id })),
  )) as [TestServer, TestServer];
  const port = Number(new URL(primary.url).port);
  await query(
    replica.url,
    `CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = ${port}, SOURCE_USER = 'root',
      SOURCE_AUTO_POSITION = 1, GET_SOURCE_PUBLIC_KEY = 1`,
    'START REPLICA',
  );
  await query(primary.url, 'SET GLOBAL rpl_semi_sync_source_enabled = ON', TAKE_WRITES);
  return {
    primary,
    replica,
    promote: async () => {
      await query(replica.url, 'STOP REPLICA IO_THREAD');
      const [status] = await query(replica.url, 'SHOW REPLICA STATUS');
      const received = String(status?.['Retrieved_Gtid_Set']).replaceAll(/\s/g, '');
      await query(replica.url, `SELECT WAIT_FOR_EXECUTED_GTID_SET('${received}')`, 'STOP REPLICA', TAKE_WRITES);
    },
    stop: async () => {
      await Promise.all([primary.stop(), replica.stop()]);
    },
  };
}

/** @returns the rows of the last statement. */
async function query(url: string, ...statements: string[]): Promise<Record<string, unknown>[]> {
  const { createConnection } = await import('mysql2/promise');
  const connection = await createConnection(url);
  try {
    let rows: unknown = [];
    for (const sql of statements) [rows] = await connection.query(sql);
    return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
  } finally {
    await connection.end();
  }
}
