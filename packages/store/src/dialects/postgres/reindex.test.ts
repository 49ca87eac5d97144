import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Connections, reindex } from '@resonate/drivers/postgres';
import { freshPostgresDatabase, postgresForTests } from '@resonate/testkit';
import pg from 'pg';
import { openDialect } from '../../open.ts';
import { ALL_TABLES } from '../../tables.ts';

const LIMITS = { poolSize: 1, connectTimeoutMs: 10_000, statementTimeoutMs: 30_000 };
/** The index of the table that the test fills is larger than this, and all other indexes are smaller. */
const MIN_BYTES = 512 * 1024;

let server: Awaited<ReturnType<typeof postgresForTests>>;
let connections: Connections;
let client: pg.Client;
let url: string;

beforeAll(async () => {
  server = await postgresForTests();
  ({ url } = await freshPostgresDatabase(server.url));
  const dialect = await openDialect({ type: 'postgres', url, ...LIMITS, election: 'advisory' }, Date.now);
  await dialect.close();
  connections = new Connections({ url, ...LIMITS });
  client = new pg.Client({ connectionString: url });
  await client.connect();
}, 60_000);

afterAll(async () => {
  await client?.end();
  await connections?.close();
  await server?.stop();
});

const run = (on = connections) => reindex(on, new AbortController().signal, ALL_TABLES, MIN_BYTES);

async function bytes(index: string): Promise<number> {
  const { rows } = await client.query<{ size: string }>('SELECT pg_relation_size($1::regclass) AS size', [index]);
  return Number(rows[0]?.size);
}

async function fill(table = 'settings'): Promise<void> {
  await client.query(`INSERT INTO ${table} SELECT md5(n::text), '' FROM generate_series(1, 20000) AS n`);
  await client.query(`ANALYZE ${table}`);
}

/** Some rows of each page stay, so that no page becomes free. */
async function thinOut(table = 'settings'): Promise<void> {
  await client.query(`DELETE FROM ${table} WHERE key NOT LIKE '%00'`);
  await client.query(`VACUUM ANALYZE ${table}`);
}

async function invalidIndex(name: string, table: string, column = 'key'): Promise<void> {
  await client.query(`CREATE INDEX ${name} ON ${table} (${column})`);
  await client.query(`UPDATE pg_index SET indisvalid = false WHERE indexrelid = '${name}'::regclass`);
}

async function exists(name: string): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>('SELECT to_regclass($1) IS NOT NULL AS found', [name]);
  return rows[0]?.found === true;
}

test('an index that is far too large is rebuilt, once; a full one is left alone', async () => {
  await fill();
  expect(await bytes('settings_pkey')).toBeGreaterThan(MIN_BYTES);
  expect(await run()).toBe(0);
  await thinOut();
  const before = await bytes('settings_pkey');
  expect(await run()).toBe(1);
  expect(await bytes('settings_pkey')).toBeLessThan(before / 20);
  expect(await run()).toBe(0);
}, 60_000);

test('an invalid index that a killed rebuild left behind is removed', async () => {
  await invalidIndex('settings_pkey_ccnew', 'settings');
  await run();
  expect(await exists('settings_pkey_ccnew')).toBe(false);
}, 60_000);

test('all tables but the list of migrations are known', async () => {
  const { rows } = await client.query<{ name: string }>(
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()`,
  );
  const names = rows.map(({ name }) => name).filter((name) => name !== 'schema_migrations');
  expect(names.sort()).toEqual([...ALL_TABLES].sort());
}, 60_000);

test('indexes of other applications in the same schema are left alone', async () => {
  await client.query('CREATE TABLE foreigners (key text PRIMARY KEY, value text)');
  try {
    await fill('foreigners');
    await thinOut('foreigners');
    await invalidIndex('foreigners_key_ccnew', 'foreigners');
    const before = await bytes('foreigners_pkey');
    expect(before).toBeGreaterThan(MIN_BYTES);
    expect(await run()).toBe(0);
    expect(await bytes('foreigners_pkey')).toBe(before);
    expect(await exists('foreigners_key_ccnew')).toBe(true);
  } finally {
    await client.query('DROP TABLE foreigners');
  }
}, 60_000);

test('if one index fails, the others are rebuilt, and the error is reported', async () => {
  await client.query('TRUNCATE settings');
  await fill();
  await thinOut();
  const before = await bytes('settings_pkey');
  await client.query("CREATE ROLE maintainer LOGIN PASSWORD 'p'");
  await client.query('GRANT ALL ON ALL TABLES IN SCHEMA public TO maintainer');
  await client.query('ALTER TABLE settings OWNER TO maintainer');
  await invalidIndex('leases_ccnew', 'leases', 'role');
  const own = new URL(url);
  own.username = 'maintainer';
  own.password = 'p';
  const asMaintainer = new Connections({ url: own.href, ...LIMITS });
  try {
    await expect(run(asMaintainer)).rejects.toThrow('must be owner of index leases_ccnew');
    expect(await bytes('settings_pkey')).toBeLessThan(before / 20);
  } finally {
    await asMaintainer.close();
    await client.query('DROP INDEX leases_ccnew');
    await client.query('ALTER TABLE settings OWNER TO current_user');
    await client.query('DROP OWNED BY maintainer');
    await client.query('DROP ROLE maintainer');
  }
}, 60_000);

test('it ends with its signal, also while it waits for a transaction', async () => {
  await client.query('TRUNCATE settings');
  await fill();
  await thinOut();
  await client.query('BEGIN');
  await client.query(`INSERT INTO settings VALUES ('open', '')`);
  const leaving = new AbortController();
  let hasEnded = false;
  const ended = reindex(connections, leaving.signal, ALL_TABLES, MIN_BYTES).finally(() => (hasEnded = true));
  const waits = `SELECT 1 FROM pg_stat_activity WHERE query LIKE 'REINDEX%' AND wait_event_type = 'Lock'`;
  // Otherwise the view would not change within one transaction.
  while (!hasEnded && (await client.query(waits)).rowCount === 0) await client.query('SELECT pg_stat_clear_snapshot()');
  expect(hasEnded).toBe(false);
  leaving.abort();
  expect(await ended).toBe(0);
  await client.query('ROLLBACK');
}, 60_000);
