import { randomBytes } from 'node:crypto';
import { startMariadb } from './mariadb.ts';
import { queryMysql } from './mysql-query.ts';
import { startMysql } from './mysql.ts';
import type { TestServer } from './owned-server.ts';
import type { TestDatabase } from './postgres.ts';

/** Servers that speak MySQL's protocol. */
export const MYSQL_SERVERS = { mariadb: startMariadb, mysql: startMysql } as const;
export type MysqlServerName = keyof typeof MYSQL_SERVERS;

/**
 * The server for suites that can run on either: `TEST_MYSQL_SERVER`, else MariaDB. `npm run check` runs the store's suites
 * and `six-engines` on one of the two, chosen at random, and all others on MariaDB.
 * @throws if the variable has any other value.
 */
export function mysqlServerName(): MysqlServerName {
  const name = process.env['TEST_MYSQL_SERVER'] || 'mariadb';
  if (name !== 'mariadb' && name !== 'mysql') throw new Error(`TEST_MYSQL_SERVER: mariadb or mysql, not ${name}`);
  return name;
}

/** Starts the server that `TEST_MYSQL_SERVER` names: for tests that stop, kill or configure it. */
export function startMysqlOrMariadb(settings: Record<string, string> = {}): Promise<TestServer> {
  return MYSQL_SERVERS[mysqlServerName()](settings);
}

/** For tests that do not configure or stop it: the server that `TEST_MYSQL_URL` names, otherwise a new one. */
export async function mysqlForTests(): Promise<Pick<TestServer, 'url' | 'stop'>> {
  const url = process.env['TEST_MYSQL_URL'];
  return url ? { url, stop: async () => {} } : startMysqlOrMariadb();
}

/** Creates an empty database with a unique name on the server. */
export async function freshMysqlDatabase(serverUrl: string): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await queryMysql(serverUrl, `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: async () => {
      await queryMysql(serverUrl, `DROP DATABASE IF EXISTS ${name}`);
    },
  };
}
