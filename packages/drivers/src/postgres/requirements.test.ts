import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freshPostgresDatabase, postgresForTests, type TestDatabase } from '@resonate/testkit';
import pg from 'pg';
import { StoreUnavailable } from '../errors.ts';
import { Connections } from './connections.ts';

const COCKROACH = 'CockroachDB CCL v25.2.1 (x86_64-pc-linux-gnu, built 2025/06/03 17:01:32, go1.23.7)';
const YUGABYTE = 'PostgreSQL 15.12-YB-2025.1.0.0-b0 on x86_64-pc-linux-gnu, compiled by clang version 17.0.6, 64-bit';

let server: Awaited<ReturnType<typeof postgresForTests>>;
let database: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  server = await postgresForTests();
  database = await freshPostgresDatabase(server.url);
  client = new pg.Client(database.url);
  await client.connect();
}, 60_000);
afterAll(async () => {
  await client?.end();
  await database?.drop();
  await server?.stop();
});

async function check(searchPath: string): Promise<void> {
  const url = new URL(database.url);
  url.searchParams.set('options', `-c search_path=${searchPath}`);
  const options = { url: url.href, poolSize: 1, connectTimeoutMs: 5_000, statementTimeoutMs: 5_000 };
  await new Connections(options).check(false);
}

test('Postgres is not refused', () => check('public'));

test.each([
  [COCKROACH, COCKROACH],
  ['YugabyteDB 2025.1.0.0-b0', YUGABYTE],
])('%s is refused by its name, because its rows have no version', async (name, version) => {
  // Names of this schema hide those of Postgres. A view has no system columns.
  await client.query('CREATE SCHEMA imitation');
  try {
    await client.query('CREATE VIEW imitation.pg_class AS SELECT 1 AS oid');
    const body = pg.escapeLiteral(`SELECT ${pg.escapeLiteral(version)}`);
    await client.query(`CREATE FUNCTION imitation.version() RETURNS text LANGUAGE sql AS ${body}`);
    const refused = check('imitation,pg_catalog');
    await expect(refused).rejects.toThrow(`the database is ${name}, which lacks what this server needs (column "xmin"`);
    await expect(refused).rejects.not.toBeInstanceOf(StoreUnavailable);
  } finally {
    await client.query('DROP SCHEMA imitation CASCADE');
  }
});
