import type { Statement } from './statement.ts';
import type { Table } from './table.ts';

/** Where the databases' SQL differs: each has one list of words, and the shared statements are made of them. */
export interface Words {
  /** Filters by a column, but does not choose its index. */
  noIndex(column: string): string;
  /** Behind a table's name: the index to walk. Empty where the planner finds it by itself. */
  useIndex(index: string): string;
  /** What stands behind LIMIT for a parameter. */
  readonly limit: string;
  /** The waiting messages, as `FROM … WHERE` begins: by target and time, and listeners by age. */
  readonly tasksByTarget: string;
  readonly listenersByTarget: string;
  readonly listenersByAge: string;
  /** A column of callbacks that is compared in the index `callbacks_awaiter`. */
  byAwaiter(column: string): string;
  /** A table whose rows are found, and so locked, in the order of their keys. */
  byKey(table: string): string;
  /** Behind a SELECT: its rows are locked as they are found. */
  readonly lock: string;
  /** Inserts the rows of a SELECT but those whose key is there. */
  insertNew(into: string, select: string): string;
  /** Behind an INSERT: where the key is there already, these columns are written. */
  orUpdate(key: readonly string[], columns: readonly string[]): string;
  /** Selects the rows with these keys. With `locks` they are locked, in the order of their keys. */
  rowsWithKeys<Row>(table: Table<Row>, keys: readonly (readonly string[])[], locks?: boolean): Statement;
  /** Removes the rows with these keys, all of them texts. */
  remove(table: string, key: readonly string[], rows: readonly (readonly string[])[]): Statement[];
  /** The key column of `settings`. */
  readonly settingKey: string;
  /** Statements that empty all tables of records. */
  readonly reset: readonly string[];
  /** Statements that renew the statistics by which the database chooses indexes. */
  readonly analyze: readonly string[];
}

/** Words of databases that have partial indexes and `ON CONFLICT`. */
export const PARTIAL_INDEX_WORDS = {
  tasksByTarget: "tasks WHERE state = 'pending'",
  listenersByTarget: 'listeners WHERE due_at IS NOT NULL',
  listenersByAge: 'listeners WHERE due_at IS NOT NULL',
  byAwaiter: (column: string) => column,
  byKey: (table: string) => table,
  insertNew: (into: string, select: string) => `INSERT INTO ${into} ${select} ON CONFLICT DO NOTHING`,
  orUpdate: (key: readonly string[], columns: readonly string[]) =>
    `ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${columns.map((name) => `${name} = excluded.${name}`).join(', ')}`,
  settingKey: 'key',
} satisfies Partial<Words>;

/** Settled promises by time, as `FROM … WHERE` begins. */
export function bySettlement({ useIndex }: Words): string {
  return `promises${useIndex('promises_settled')} WHERE settled_at IS NOT NULL`;
}

/** Promises by origin, as `FROM … WHERE` begins. */
export function byOrigin({ useIndex }: Words): string {
  return `promises${useIndex('promises_origin')} WHERE origin IS NOT NULL`;
}
