import type { Dialect } from '../dialect.ts';
import type { Statement } from '../sql/statement.ts';
import { RECORD_TABLES } from '../tables.ts';

/** Rows of an index that SQLite looks at: the whole process stands still meanwhile. */
const SQLITE_ROWS = 1_000;

const STATEMENTS: Readonly<Record<Dialect['name'], readonly string[]>> = {
  sqlite: [`PRAGMA analysis_limit = ${SQLITE_ROWS}`, 'PRAGMA optimize'],
  postgres: RECORD_TABLES.map((table) => `ANALYZE ${table}`),
  mysql: RECORD_TABLES.map((table) => `ANALYZE LOCAL TABLE ${table}`),
};

/** Renews the statistics by which the database chooses indexes. @returns how many tables were looked at. */
export async function analyze({ name, plain }: Pick<Dialect, 'name' | 'plain'>): Promise<number> {
  for (const sql of STATEMENTS[name]) await plain.atomically([{ sql, params: [] } satisfies Statement]);
  return RECORD_TABLES.length;
}
