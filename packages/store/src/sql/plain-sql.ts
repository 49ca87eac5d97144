import type { Statement } from './statement.ts';
import type { Words } from './words.ts';

/**
 * Runs SQL that all databases understand, for rare operations: dead letters, retention and what operators look at. Numbers
 * are written into the statements, texts are parameters.
 */
export interface PlainSql {
  readonly words: Words;
  /** Reads. Several statements see the same snapshot of the database. @returns the rows of each. */
  select(statements: Statement[]): Promise<unknown[][][]>;
  /** One transaction that runs all statements in this order, again if its connection breaks. @returns the rows of each. */
  atomically(statements: Statement[]): Promise<unknown[][][]>;
}
