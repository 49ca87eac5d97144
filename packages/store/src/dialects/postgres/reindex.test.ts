import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Connections, reindex } from '@resonate/drivers/postgres';
import { freshPostgresDatabase, postgresForTests } from '@resonate/testkit';
import pg from 'pg';
import { openDialect } from '../../open.ts';

const LIMITS = { poolSize: 1, connectTimeoutMs: 10_000, statementTimeoutMs: 30_000 };
/** The index of the table that the test fills is larger than this, and all other indexes are smaller. */
const MIN_BYTES = 512 * 1024;

let server: Awaited<ReturnType<typeof postgresForTests>>;
let connections: Connections;
let client: pg.Client;

beforeAll(async () => {
  server = await postgresForTests();
  const { url } = await freshPostgresDatabase(server.url);
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

const run = () => reindex(connections, new AbortController().signal, MIN_BYTES);

async function bytes(index: string): Promise<number> {
  const { rows } = await client.query<{ size: string }>('SELECT pg_relation_size($1::regclass) AS size', [index]);
  return Number(rows[0]?.size);
}

async function fill(): Promise<void> {
  await client.query(`INSERT INTO settings SELECT md5(n::text), '' FROM generate_series(1, 20000) AS n`);
  await client.query('ANALYZE settings');
}

/** Some rows of each page stay, so that no page becomes free. */
async function thinOut(): Promise<void> {
  await client.query(`DELETE FROM settings WHERE key NOT LIKE '%00'`);
  await client.query('VACUUM ANALYZE settings');
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
  await client.query('CREATE INDEX settings_pkey_ccnew ON settings (key)');
  await client.query(`UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'settings_pkey_ccnew'::regclass`);
  await run();
  const { rows } = await client.query(`SELECT to_regclass('settings_pkey_ccnew') AS found`);
  expect(rows).toEqual([{ found: null }]);
}, 60_000);

test('it ends with its signal, also while it waits for a transaction', async () => {
  await client.query('TRUNCATE settings');
  await fill();
  await thinOut();
  await client.query('BEGIN');
  await client.query(`INSERT INTO settings VALUES ('open', '')`);
  const leaving = new AbortController();
  let hasEnded = false;
  const ended = reindex(connections, leaving.signal, MIN_BYTES).finally(() => (hasEnded = true));
  const waits = `SELECT 1 FROM pg_stat_activity WHERE query LIKE 'REINDEX%' AND wait_event_type = 'Lock'`;
  // Otherwise the view would not change within one transaction.
  while (!hasEnded && (await client.query(waits)).rowCount === 0) await client.query('SELECT pg_stat_clear_snapshot()');
  expect(hasEnded).toBe(false);
  leaving.abort();
  expect(await ended).toBe(0);
  await client.query('ROLLBACK');
}, 60_000);
