import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { postgresPrograms } from '@resonate/testkit';
import Sqlite from 'better-sqlite3';
import { createConnection, escape, type RowDataPacket } from 'mysql2/promise';
import pg from 'pg';

/** Dumps a whole database as SQL statements that create its tables, indexes and rows. */

type Value = string | number | boolean | null | Buffer;
type Row = Record<string, Value>;

/** @param quote turns a text into an SQL literal. */
function inserts(table: string, rows: readonly Row[], quote: (text: string) => string, how = ''): string[] {
  const literal = (value: Value) => {
    if (value === null) return 'NULL';
    return typeof value === 'string' || Buffer.isBuffer(value) ? quote(value.toString('utf8')) : String(value);
  };
  return rows.map((row) => {
    const values = Object.values(row).map(literal).join(', ');
    return `INSERT INTO ${table} (${Object.keys(row).join(', ')}) ${how}VALUES (${values})`;
  });
}

const script = (statements: readonly string[]) => statements.map((sql) => `${sql};\n`).join('');

export function dumpSqlite(path: string): string {
  const database = new Sqlite(path, { readonly: true });
  try {
    const ours = "FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'";
    const texts = (sql: string) => database.prepare<[], string>(sql).pluck().all();
    const rows = texts(`SELECT name ${ours} AND type = 'table' ORDER BY name`).flatMap((table) =>
      inserts(
        table,
        database.prepare<[], Row>(`SELECT * FROM ${table}`).all(),
        (text) => `'${text.replaceAll("'", "''")}'`,
      ),
    );
    const version = `PRAGMA user_version = ${String(database.pragma('user_version', { simple: true }))}`;
    return script([...texts(`SELECT sql ${ours} ORDER BY rowid`), ...rows, version]);
  } finally {
    database.close();
  }
}

/** Dumps the schema `public`. The server must be the system's Postgres, because its pg_dump cannot read newer versions. */
export async function dumpPostgres(url: string): Promise<string> {
  const program = join(postgresPrograms() ?? '', 'pg_dump');
  const options = ['--schema-only', '--no-owner', '--no-privileges', '--schema=public', url];
  const { stdout } = await promisify(execFile)(program, options);
  const isKept = (line: string) => !/^(--|\\|SET |SELECT pg_catalog|CREATE SCHEMA|$)/.test(line);
  const client = new pg.Client(url);
  await client.connect();
  try {
    const tables = await client.query<{ name: string }>(
      "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
    );
    const rows: string[] = [];
    for (const { name } of tables.rows) {
      const found = await client.query<{ row: Row }>(`SELECT to_jsonb(t) AS row FROM public.${name} AS t`);
      const objects = found.rows.map(({ row }) => row);
      rows.push(
        ...inserts(`public.${name}`, objects, (text) => client.escapeLiteral(text), 'OVERRIDING SYSTEM VALUE '),
      );
    }
    if (tables.rows.some(({ name }) => name === 'dead_letters')) {
      rows.push(
        `SELECT setval('public.dead_letters_id_seq', (SELECT COALESCE(max(id), 0) + 1 FROM public.dead_letters))`,
      );
    }
    return `${stdout.split('\n').filter(isKept).join('\n')}\n${script(rows)}`;
  } finally {
    await client.end();
  }
}

export async function dumpMysql(url: string): Promise<string> {
  const connection = await createConnection(url);
  const select = async (sql: string) => (await connection.query<(Row & RowDataPacket)[]>(sql))[0];
  try {
    const statements: string[] = [];
    for (const found of await select('SHOW TABLES')) {
      const table = String(Object.values(found)[0]);
      const [created] = await select(`SHOW CREATE TABLE ${table}`);
      const columns = await select(`SHOW COLUMNS FROM ${table} WHERE Extra NOT LIKE '%GENERATED'`);
      const rows = await select(`SELECT ${columns.map(({ Field }) => String(Field)).join(', ')} FROM ${table}`);
      statements.push(String(created?.['Create Table']), ...inserts(table, rows, (text) => escape(text)));
    }
    return script(statements);
  } finally {
    await connection.end();
  }
}
