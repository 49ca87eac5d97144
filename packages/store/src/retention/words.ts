import { byKeys } from '../dialects/mysql/by-keys.ts';
import type { Dialect } from '../dialect.ts';
import type { Statement } from '../sql/statement.ts';

/** Where the databases' words differ. */
export interface RetentionWords {
  /** Settled promises by time, and promises by origin, as `FROM … WHERE` begins. */
  readonly bySettlement: string;
  readonly byOrigin: string;
  /** Behind a SELECT: its rows are locked as they are found. */
  readonly lock: string;
  /** Removes the rows with these keys, all of them texts. */
  remove(table: string, key: readonly string[], rows: readonly (readonly string[])[]): Statement[];
}

export const RETENTION_WORDS: Readonly<Record<Dialect['name'], RetentionWords>> = {
  sqlite: {
    bySettlement: 'promises INDEXED BY promises_settled WHERE settled_at IS NOT NULL',
    byOrigin: 'promises INDEXED BY promises_origin WHERE origin IS NOT NULL',
    lock: '',
    remove: (table, key, rows) => {
      const sql = `DELETE FROM ${table} WHERE ${key.map((column) => `${column} = ?`).join(' AND ')}`;
      return rows.map((row) => ({ sql, params: [...row] }));
    },
  },
  postgres: {
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
  },
  mysql: {
    bySettlement: 'promises FORCE INDEX (promises_settled) WHERE settled_at IS NOT NULL',
    byOrigin: 'promises FORCE INDEX (promises_origin) WHERE origin IS NOT NULL',
    lock: ' FOR UPDATE',
    remove: (table, key, rows) => {
      const { sql, params } = byKeys(table, key, rows);
      return [{ sql: `DELETE t FROM ${sql}`, params }];
    },
  },
};
