import { PARTIAL_INDEX_WORDS, type Words } from '../../sql/words.ts';
import { RECORD_TABLES } from '../../tables.ts';
import { array } from './array.ts';

/** The index has this collation, which is that of C by another name, so that the key's statements do not take it. */
export const byAwaiter = (column: string) => `${column} COLLATE "POSIX"`;

/** As many bytes as Postgres assumes of a table that was never analyzed. */
const ANALYZED_BYTES = 10 * 8_192;

/**
 * Not while the table is small. Statements are planned once per connection. For a table that was analyzed while it was
 * empty, the planner reads all of it for each row that a statement names, and keeps that plan as the table grows.
 */
const analyzed = (table: string) =>
  `DO $$ BEGIN IF pg_relation_size('${table}') >= ${ANALYZED_BYTES} THEN ANALYZE ${table}; END IF; END $$`;

export const WORDS: Words = {
  ...PARTIAL_INDEX_WORDS,
  /** `least` of one value is that value, and no index's column. */
  noIndex: (column) => `least(${column})`,
  /** The settings leave the planner no choice of index. */
  useIndex: () => '',
  limit: '?',
  byAwaiter,
  lock: ' FOR UPDATE',
  rowsWithKeys(table, keys, locks = false) {
    const lock = locks ? 'FOR UPDATE' : '';
    const [first, second] = table.key;
    const firsts = array(keys.map(([value]) => String(value)));
    if (second === undefined) {
      const sql = `SELECT ${table.list()} FROM ${table.name} WHERE ${first} = ANY(?::text[]) ORDER BY ${first} ${lock}`;
      return { sql, params: [firsts] };
    }
    // Looked up one by one, in the order of the keys: a plan for a join that was made for an empty table reads all of it.
    const sql = `SELECT found.* FROM (SELECT * FROM unnest(?::text[], ?::text[]) AS wanted(a, b)
        ORDER BY a COLLATE "C", b COLLATE "C") AS wanted
      CROSS JOIN LATERAL (SELECT ${table.list('t')} FROM ${table.name} t
        WHERE t.${first} = wanted.a AND t.${second} = wanted.b OFFSET 0 ${lock}) AS found`;
    return { sql, params: [firsts, array(keys.map(([, value]) => String(value)))] };
  },
  // As one JSON text: in a list of pairs the planner finds no index.
  remove: (table, key, rows) => {
    const columns = key.map((column) => `${column} text`).join(', ');
    const same = key.map((column) => `${table}.${column} = gone.${column}`).join(' AND ');
    const objects = rows.map((row) => Object.fromEntries(key.map((column, index) => [column, row[index]])));
    const sql = `DELETE FROM ${table} USING json_to_recordset(?) AS gone(${columns}) WHERE ${same}`;
    return [{ sql, params: [JSON.stringify(objects)] }];
  },
  reset: [`TRUNCATE ${RECORD_TABLES.join(', ')}`],
  analyze: RECORD_TABLES.map(analyzed),
};
