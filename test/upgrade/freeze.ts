/**
 * `npm run freeze -- VERSION`: saves in databases/VERSION a database of each kind, as this version has written it, for the
 * tests of later versions. `TEST_RESONATE_BIN` names the program of another version.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freshMysqlDatabase, mysqlForTests, startPostgresPair } from '@resonate/testkit';
import { freePort } from '../processes/free-port.ts';
import { HttpClient } from '../processes/http-client.ts';
import { ServerProcess } from '../processes/server-process.ts';
import { fillWithEverything } from './data-set.ts';
import { dumpMysql, dumpPostgres, dumpSqlite } from './dump.ts';
import { FIRST, folderOf, SERVER_URL, type Dialect } from './frozen.ts';

const [version] = process.argv.slice(2);
if (!version) {
  console.error('usage: npm run freeze -- VERSION');
  process.exit(2);
}
const folder = folderOf(version);
mkdirSync(folder, { recursive: true });
await freezeSqlite();
await freezePostgres();
await freezeMysql();

async function freezeSqlite(): Promise<void> {
  const server = await started();
  await freeze('sqlite', server, () => dumpSqlite(join(server.directory, 'resonate.db')));
}

async function freezePostgres(): Promise<void> {
  const { primary, stop } = await startPostgresPair();
  const server = await started('--storage-type', 'postgres', '--storage-postgres-url', primary.url);
  await freeze('postgres', server, () => dumpPostgres(primary.url));
  await stop();
}

async function freezeMysql(): Promise<void> {
  const mysql = await mysqlForTests();
  const { url } = await freshMysqlDatabase(mysql.url);
  const server = await started('--storage-type', 'mysql', '--storage-mysql-url', url);
  await freeze('mysql', server, () => dumpMysql(url));
  await mysql.stop();
}

function started(...storage: string[]): Promise<ServerProcess> {
  // Undeliverable messages become dead letters at once.
  const attempts = version === FIRST ? [] : ['--messages-max-attempts', '1'];
  return ServerProcess.start({
    ...(storage.length > 0 && { storage }),
    args: ['--debug', '--server-url', SERVER_URL, ...attempts],
  });
}

/** Fills the server, and saves its own snapshot and, after it has ended, the content of its database. */
async function freeze(dialect: Dialect, server: ServerProcess, dump: () => string | Promise<string>): Promise<void> {
  const client = new HttpClient(server.url);
  const isFirst = version === FIRST;
  const deadEnd = isFirst ? null : `http://127.0.0.1:${await freePort()}/`;
  await fillWithEverything(client, { deadEnd, hasPolicies: !isFirst });
  const at = Date.now();
  const snap = await client.rpc('debug.snap', {}, at);
  const schedules = await client.rpc('schedule.search', { limit: 100 });
  client.close();
  await server.stop();
  const said = { at, snap: snap.data, schedules: schedules.data };
  writeFileSync(join(folder, `${dialect}.json`), `${JSON.stringify(said, null, 1)}\n`);
  writeFileSync(join(folder, `${dialect}.sql`), await dump());
  await server.dispose();
  console.log(`${dialect}: ${folder}`);
}
