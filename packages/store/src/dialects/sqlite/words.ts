import { PARTIAL_INDEX_WORDS, type PlainWords } from '../../sql/plain-sql.ts';
import type { Hints } from '../base.ts';

export const HINTS: Hints = {
  /** Without statistics SQLite could take the wrong index: a unary plus keeps it from choosing the column's. */
  noIndex: (column) => `+${column}`,
  useIndex: (index) => ` INDEXED BY ${index}`,
  /** Beside ORDER BY, SQLite plans anew whenever a value is bound to `LIMIT ?`: 20 us instead of 1.4. */
  limit: '? + 0',
};

/** Rows of an index that ANALYZE looks at: the whole process stands still meanwhile. */
const ANALYZED_ROWS = 1_000;

export const WORDS: PlainWords = {
  ...PARTIAL_INDEX_WORDS,
  at: HINTS.useIndex,
  bySettlement: 'promises INDEXED BY promises_settled WHERE settled_at IS NOT NULL',
  byOrigin: 'promises INDEXED BY promises_origin WHERE origin IS NOT NULL',
  // One writer: its transaction is the lock.
  lock: '',
  remove: (table, key, rows) => {
    const sql = `DELETE FROM ${table} WHERE ${key.map((column) => `${column} = ?`).join(' AND ')}`;
    return rows.map((row) => ({ sql, params: [...row] }));
  },
  analyze: [`PRAGMA analysis_limit = ${ANALYZED_ROWS}`, 'PRAGMA optimize'],
};
