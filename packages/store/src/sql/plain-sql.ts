import type { Statement } from './statement.ts';

/**
 * What is done rarely to the outbox is plain SQL that all databases understand. Times and counts stand in it as they
 * are, texts are parameters.
 */
export interface PlainSql {
  readonly words: PlainWords;
  /** Reads; several statements see one state of the database. @returns the rows of each. */
  select(statements: Statement[]): Promise<unknown[][][]>;
  /** All in one transaction, one after another. May be run twice when a connection breaks. @returns the rows of each. */
  atomically(statements: Statement[]): Promise<unknown[][][]>;
  /**
   * One transaction: reads (and, where they say so, locks), lets `decide` see the rows of each, writes what it returns.
   * May be run twice when a connection breaks.
   */
  decided(reads: Statement[], decide: (results: unknown[][][]) => Statement[]): Promise<void>;
}

/** Where the databases' words differ. */
export interface PlainWords {
  /** The waiting messages, as `FROM … WHERE` begins: by target and time, and listeners by age. */
  readonly tasksByTarget: string;
  readonly listenersByTarget: string;
  readonly listenersByAge: string;
  /** Behind a table's name: the index to walk, where the planner is told. */
  at(index: string): string;
  /** A column of callbacks that is compared in the index `callbacks_awaiter`. */
  byAwaiter(column: string): string;
  /** A table whose rows are found, and so locked, in the order of their keys. */
  byKey(table: string): string;
  /** Inserts the rows of a SELECT but those whose key is there. */
  insertNew(into: string, select: string): string;
  /** Settled promises by time, and promises by origin, as `FROM … WHERE` begins. */
  readonly bySettlement: string;
  readonly byOrigin: string;
  /** Behind a SELECT: its rows are locked as they are found. */
  readonly lock: string;
  /** Removes the rows with these keys, all of them texts. */
  remove(table: string, key: readonly string[], rows: readonly (readonly string[])[]): Statement[];
  /** Statements that renew the statistics by which the database chooses indexes. */
  readonly analyze: readonly string[];
}

/** Words of databases that have partial indexes and `ON CONFLICT`. */
export const PARTIAL_INDEX_WORDS = {
  at: () => '',
  byAwaiter: (column: string) => column,
  tasksByTarget: "tasks WHERE state = 'pending'",
  listenersByTarget: 'listeners WHERE due_at IS NOT NULL',
  listenersByAge: 'listeners WHERE due_at IS NOT NULL',
  byKey: (table: string) => table,
  insertNew: (into: string, select: string) => `INSERT INTO ${into} ${select} ON CONFLICT DO NOTHING`,
} satisfies Partial<PlainWords>;
