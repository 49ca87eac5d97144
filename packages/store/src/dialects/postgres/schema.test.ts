import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { freshPostgresDatabase, postgresForTests } from '@resonate/testkit';
import pg from 'pg';
import { PostgresDialect } from './dialect.ts';

const DUMP = join(import.meta.dirname, 'schema.sql');
const HINT =
  '-- What the migrations make, read back from the catalog. Written by: UPDATE_SCHEMA=1 npm test -- postgres/schema';

const COLUMNS = `
  SELECT c.relname, format('  %I %s%s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
    CASE WHEN a.attcollation <> t.typcollation THEN format(' COLLATE %I', l.collname) END,
    CASE WHEN a.attnotnull THEN ' NOT NULL' END, ' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid))
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_collation l ON l.oid = a.attcollation
  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
  ORDER BY c.relname, a.attnum`;
const OPTIONS = `SELECT relname, ' WITH (' || array_to_string(reloptions, ', ') || ')' FROM pg_class
  WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND reloptions IS NOT NULL`;
const INDEXES = `SELECT c.relname, pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
  WHERE c.relnamespace = 'public'::regnamespace ORDER BY 1, 2`;

async function dumpSchema(url: string): Promise<string> {
  const client = new pg.Client(url);
  await client.connect();
  const select = async (text: string) => (await client.query({ text, rowMode: 'array' })).rows as [string, string][];
  const columns = await select(COLUMNS);
  const options = new Map(await select(OPTIONS));
  const indexes = await select(INDEXES);
  await client.end();
  const of = (rows: [string, string][], table: string) =>
    rows.filter(([name]) => name === table).map(([, text]) => text);
  const tables = [...new Set(columns.map(([table]) => table))].map((table) => {
    const lines = of(indexes, table).map((definition) => `${definition};`);
    return [`CREATE TABLE ${table} (`, of(columns, table).join(',\n'), `)${options.get(table) ?? ''};`, ...lines].join(
      '\n',
    );
  });
  return `${[HINT, ...tables].join('\n\n')}\n`;
}

test('the migrations make the schema that schema.sql shows', async () => {
  const server = await postgresForTests();
  const { url, drop } = await freshPostgresDatabase(server.url);
  const dialect = new PostgresDialect({ url, poolSize: 1, connectTimeoutMs: 10_000, statementTimeoutMs: 10_000 });
  try {
    await dialect.migrate();
    const schema = await dumpSchema(url);
    if (process.env['UPDATE_SCHEMA']) writeFileSync(DUMP, schema);
    expect(schema).toBe(readFileSync(DUMP, 'utf8'));
  } finally {
    await dialect.close();
    await drop();
    await server.stop();
  }
});
