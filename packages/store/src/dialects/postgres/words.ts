import { PARTIAL_INDEX_WORDS, type Words } from '../../sql/words.ts';
import { RECORD_TABLES } from '../../tables.ts';

/** A text array in Postgres' text form. */
export function array(texts: Iterable<string>): string {
  const quoted: string[] = [];
  for (const text of texts) quoted.push(`"${/["\\]/.test(text) ? text.replace(/["\\]/g, '\\$&') : text}"`);
  return `{${quoted.join(',')}}`;
}

/** `callbacks_awaiter` has the collation POSIX, which sorts like C, so that look-ups by the primary key cannot use it. */
export const byAwaiter = (column: string) => `${column} COLLATE "POSIX"`;

/** The size that Postgres assumes for a table that was never analyzed. */
const ANALYZED_BYTES = 10 * 8_192;

/**
 * A small table is not analyzed. Statements are planned once per connection. If the table was empty when it was analyzed,
 * the plan reads the whole table for each row that a statement names, and keeps doing so when the table has grown.
 */
const analyzed = (table: string) =>
  `DO $$ BEGIN IF pg_relation_size('${table}') >= ${ANALYZED_BYTES} THEN ANALYZE ${table}; END IF; END $$`;

export const WORDS: Words = {
  ...PARTIAL_INDEX_WORDS,
  /** `least` with one argument returns it, and no index has this expression. */
  noIndex: (column) => `least(${column})`,
  /** Not needed: the settings of the connection make the planner use the right index. */
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
    // Looked up one by one, in the order of the keys. A plain join may be planned while the table is empty, and then
    // reads the whole table for each key.
    const sql = `SELECT found.* FROM (SELECT * FROM unnest(?::text[], ?::text[]) AS wanted(a, b)
        ORDER BY a COLLATE "C", b COLLATE "C") AS wanted
      CROSS JOIN LATERAL (SELECT ${table.list('t')} FROM ${table.name} t
        WHERE t.${first} = wanted.a AND t.${second} = wanted.b OFFSET 0 ${lock}) AS found`;
    return { sql, params: [firsts, array(keys.map(([, value]) => String(value)))] };
  },
  // As one array, because the planner reads each entry of a list. A retention step has a dozen statements with 100 ids each.
  among: (column, texts) => ({ sql: `${column} = ANY(?::text[])`, params: [array(texts)] }),
  // As one JSON text, because the planner uses no index for a list of pairs.
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
