import { PARTIAL_INDEX_WORDS, type Words } from '../../sql/words.ts';
import { RECORD_TABLES } from '../../tables.ts';

/** How many rows of an index ANALYZE reads. It blocks the whole process meanwhile. */
const ANALYZED_ROWS = 1_000;

export const WORDS: Words = {
  ...PARTIAL_INDEX_WORDS,
  /** Without statistics SQLite might choose the wrong index. A unary plus makes the column's index unusable. */
  noIndex: (column) => `+${column}`,
  useIndex: (index) => ` INDEXED BY ${index}`,
  /** With ORDER BY, SQLite plans `LIMIT ?` again for each value: 20 us instead of 1.4. */
  limit: '? + 0',
  // There is one writer, so its transaction is the lock.
  lock: '',
  rowsWithKeys(table, keys) {
    const isWanted = table.key.map((column, place) => `t.${column} = wanted.value ->> ${place}`).join(' AND ');
    // CROSS JOIN makes SQLite look up each key in the table. Otherwise it might read the table and search the keys.
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
