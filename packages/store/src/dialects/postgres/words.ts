import { PARTIAL_INDEX_WORDS, type PlainWords } from '../../sql/plain-sql.ts';
import { RECORD_TABLES } from '../../tables.ts';
import type { Hints } from '../base.ts';

/** `least` of one value is that value, and no index's column. The settings leave the planner no choice of index. */
export const HINTS: Hints = { noIndex: (column) => `least(${column})`, useIndex: () => '', limit: '?' };

export const WORDS: PlainWords = {
  ...PARTIAL_INDEX_WORDS,
  bySettlement: 'promises WHERE settled_at IS NOT NULL',
  byOrigin: 'promises WHERE origin IS NOT NULL',
  lock: ' FOR UPDATE',
  // As one JSON text: in a list of pairs the planner finds no index.
  remove: (table, key, rows) => {
    const columns = key.map((column) => `${column} text`).join(', ');
    const same = key.map((column) => `${table}.${column} = gone.${column}`).join(' AND ');
    const objects = rows.map((row) => Object.fromEntries(key.map((column, index) => [column, row[index]])));
    const sql = `DELETE FROM ${table} USING json_to_recordset(?) AS gone(${columns}) WHERE ${same}`;
    return [{ sql, params: [JSON.stringify(objects)] }];
  },
  analyze: RECORD_TABLES.map((table) => `ANALYZE ${table}`),
};
