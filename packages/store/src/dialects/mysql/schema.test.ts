import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { freshMysqlDatabase, mysqlForTests } from '@resonate/testkit';
import { createConnection } from 'mysql2/promise';
import { MysqlDialect } from './dialect.ts';

const DUMP = join(import.meta.dirname, 'schema.sql');
const HINT =
  '-- What the migrations make, read back from the catalog. Written by: UPDATE_SCHEMA=1 npm test -- mysql/schema';

/** What MySQL and MariaDB report in the same way: types without display widths, generated columns without their expression. */
const COLUMNS = `
  SELECT table_name, CONCAT('  ', column_name, ' ', REGEXP_REPLACE(column_type, 'int\\\\([0-9]+\\\\)', 'int'),
    IF(collation_name IS NULL, '', CONCAT(' COLLATE ', collation_name)),
    IF(is_nullable = 'NO', ' NOT NULL', ''), IF(extra LIKE '%STORED%', ' GENERATED STORED', ''))
  FROM information_schema.columns WHERE table_schema = DATABASE() ORDER BY ordinal_position`;
const INDEXES = `
  SELECT table_name, CONCAT('  ', IF(index_name = 'PRIMARY', 'PRIMARY KEY', CONCAT('KEY ', index_name)), ' (',
    GROUP_CONCAT(column_name ORDER BY seq_in_index SEPARATOR ', '), ')')
  FROM information_schema.statistics WHERE table_schema = DATABASE()
  GROUP BY table_name, index_name ORDER BY index_name <> 'PRIMARY', index_name`;
const OPTIONS = `
  SELECT table_name, CONCAT(engine, ' ', UPPER(row_format), ' ', table_collation)
  FROM information_schema.tables WHERE table_schema = DATABASE()`;

async function dumpSchema(url: string): Promise<string> {
  const connection = await createConnection({ uri: url, rowsAsArray: true });
  const select = async (sql: string) => (await connection.query(sql))[0] as [string, string][];
  const lines = [...(await select(COLUMNS)), ...(await select(INDEXES))];
  const tables = (await select(OPTIONS)).map(([table, options]) => {
    const own = lines.filter(([name]) => name === table).map(([, line]) => line);
    return `CREATE TABLE ${table} (\n${own.join(',\n')}\n) ${options};`;
  });
  await connection.end();
  tables.sort();
  return `${[HINT, ...tables].join('\n\n')}\n`;
}

test('the migrations make the schema that schema.sql shows', async () => {
  const server = await mysqlForTests();
  const { url, drop } = await freshMysqlDatabase(server.url);
  const limits = { connectTimeoutMs: 10_000, statementTimeoutMs: 10_000 };
  const dialect = new MysqlDialect({ url, poolSize: 1, ...limits, election: 'advisory' });
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
