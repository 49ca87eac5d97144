import { startMariadb, startPostgres, startRedis, type TestServer } from '@resonate/testkit';
import mysql from 'mysql2/promise';
import pg from 'pg';

/** The addresses on this machine for the host names of the cluster's network: `postgres:5432` -> `127.0.0.1:40123`. */
export type Hosts = Record<string, string>;

export interface Backing {
  host: string;
  stop(): Promise<void>;
}

export interface Account {
  user: string;
  password: string;
  database: string;
}

/** A Postgres with the user and the database that its image creates at its first start. */
export async function postgresWith({ user, password, database }: Account): Promise<Backing> {
  const server = await startPostgres();
  const client = new pg.Client(server.url);
  await client.connect();
  await client.query(`CREATE ROLE ${user} LOGIN PASSWORD ${pg.escapeLiteral(password)}`);
  await client.query(`CREATE DATABASE ${database} OWNER ${user}`);
  await client.end();
  return backing(server);
}

/** The same for MySQL; MariaDB stands in for it. */
export async function mysqlWith({ user, password, database }: Account): Promise<Backing> {
  const server = await startMariadb();
  const client = await mysql.createConnection(server.url);
  await client.query('CREATE DATABASE ??', [database]);
  await client.query('CREATE USER ? IDENTIFIED BY ?', [user, password]);
  await client.query('GRANT ALL ON ??.* TO ?', [database, user]);
  await client.end();
  return backing(server);
}

/** @param command `redis-server --name value …` */
export async function redisWith(command: readonly string[]): Promise<Backing> {
  const settings: Record<string, string> = {};
  for (let index = 1; index < command.length; index += 2) {
    settings[command[index]?.replace('--', '') ?? ''] = command[index + 1] ?? '';
  }
  return backing(await startRedis(settings));
}

function backing(server: TestServer): Backing {
  return { host: new URL(server.url).host, stop: () => server.stop() };
}

/** The environment of a role, with its host names replaced by addresses on this machine. */
export function withHosts(env: Readonly<Record<string, string>>, hosts: Hosts): Record<string, string> {
  const here = (value: string) =>
    Object.entries(hosts).reduce(
      (text, [host, local]) => text.replace(`//${host}`, `//${local}`).replace(`@${host}`, `@${local}`),
      value,
    );
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, here(value)]));
}
