import { places } from './conditions.ts';
import type { Statement } from './statement.ts';
import type { Table } from './table.ts';

/** The parts of shared statements that differ between databases. Each dialect has one object of them. */
export interface Words {
  /** The column as an expression for which the planner cannot use the column's index. */
  noIndex(column: string): string;
  /** Written behind a table's name: the index to use. Empty where the planner finds it by itself. */
  useIndex(index: string): string;
  /** Written behind LIMIT if the limit is a parameter. */
  readonly limit: string;
  /** Waiting messages, as the beginning of `FROM … WHERE`: by target and time, and listeners by age. */
  readonly tasksByTarget: string;
  readonly listenersByTarget: string;
  readonly listenersByAge: string;
  /** A column of callbacks in a comparison that uses the index `callbacks_awaiter`. */
  byAwaiter(column: string): string;
  /** A table whose rows are found in the order of their keys, and so are locked in this order. */
  byKey(table: string): string;
  /** Written behind a SELECT: locks the rows as they are found. */
  readonly lock: string;
  /** Inserts the rows of a SELECT, except those whose key exists. */
  insertNew(into: string, select: string): string;
  /** Written behind an INSERT: updates these columns if the key exists. */
  orUpdate(key: readonly string[], columns: readonly string[]): string;
  /** Selects the rows with these keys. With `locks` they are locked, in the order of their keys. */
  rowsWithKeys<Row>(table: Table<Row>, keys: readonly (readonly string[])[], locks?: boolean): Statement;
  /** A condition: the column has one of these texts. */
  among(column: string, texts: readonly string[]): Statement;
  /** Removes the rows with these keys. All key columns are texts. */
  remove(table: string, key: readonly string[], rows: readonly (readonly string[])[]): Statement[];
  /** The key column of `settings`. */
  readonly settingKey: string;
  /** Statements that empty all tables of records. */
  readonly reset: readonly string[];
  /** Statements that renew the statistics by which the database chooses indexes. */
  readonly analyze: readonly string[];
}

/** `Words.among` with a parameter for each text. */
export function inList(column: string, texts: readonly string[]): Statement {
  return { sql: `${column} IN (${places(texts)})`, params: [...texts] };
}

/** The words that are the same in all databases with partial indexes and `ON CONFLICT`. */
export const PARTIAL_INDEX_WORDS = {
  tasksByTarget: "tasks WHERE state = 'pending'",
  listenersByTarget: 'listeners WHERE due_at IS NOT NULL',
  listenersByAge: 'listeners WHERE due_at IS NOT NULL',
  byAwaiter: (column: string) => column,
  byKey: (table: string) => table,
  among: inList,
  insertNew: (into: string, select: string) => `INSERT INTO ${into} ${select} ON CONFLICT DO NOTHING`,
  orUpdate: (key: readonly string[], columns: readonly string[]) =>
    `ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${columns.map((name) => `${name} = excluded.${name}`).join(', ')}`,
  settingKey: 'key',
} satisfies Partial<Words>;

/** Settled promises by time, as the beginning of `FROM … WHERE`. */
export function bySettlement({ useIndex }: Words): string {
  return `promises${useIndex('promises_settled')} WHERE settled_at IS NOT NULL`;
}

/** Promises by origin, as the beginning of `FROM … WHERE`. */
export function byOrigin({ useIndex }: Words): string {
  return `promises${useIndex('promises_origin')} WHERE origin IS NOT NULL`;
}
