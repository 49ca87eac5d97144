import { PARTIAL_INDEX_WORDS, type Words } from '../../sql/words.ts';
import { RECORD_TABLES } from '../../tables.ts';

/** Rows of an index that ANALYZE looks at: the whole process stands still meanwhile. */
const ANALYZED_ROWS = 1_000;

export const WORDS: Words = {
  ...PARTIAL_INDEX_WORDS,
  /** Without statistics SQLite could take the wrong index: a unary plus keeps it from choosing the column's. */
  noIndex: (column) => `+${column}`,
  useIndex: (index) => ` INDEXED BY ${index}`,
  /** Beside ORDER BY, SQLite plans anew whenever a value is bound to `LIMIT ?`: 20 us instead of 1.4. */
  limit: '? + 0',
  // One writer: its transaction is the lock.
  lock: '',
  rowsWithKeys(table, keys) {
    const isWanted = table.key.map((column, place) => `t.${column} = wanted.value ->> ${place}`).join(' AND ');
    // CROSS JOIN: SQLite looks each key up in the table, never the other way round.
    const sql = `SELECT ${table.list('t')} FROM json_each(?) AS wanted CROSS JOIN ${table.name} AS t ON ${isWanted}`;
    return { sql, params: [JSON.stringify(keys)] };
  },
  remove: (table, key, rows) => {
    const sql = `DELETE FROM ${table} WHERE ${key.map((column) => `${column} = ?`).join(' AND ')}`;
    return rows.map((row) => ({ sql, params: [...row] }));
  },
  reset: RECORD_TABLES.map((table) => `DELETE FROM ${table}`),
  analyze: [`PRAGMA analysis_limit = ${ANALYZED_ROWS}`, 'PRAGMA optimize'],
};
