import type { Statement } from './statement.ts';
import type { Words } from './words.ts';

/**
 * What is done rarely to the outbox is plain SQL that all databases understand. Times and counts stand in it as they
 * are, texts are parameters.
 */
export interface PlainSql {
  readonly words: Words;
  /** Reads; several statements see one state of the database. @returns the rows of each. */
  select(statements: Statement[]): Promise<unknown[][][]>;
  /** All in one transaction, one after another. May be run twice when a connection breaks. @returns the rows of each. */
  atomically(statements: Statement[]): Promise<unknown[][][]>;
  /**
   * One transaction: reads (and, where they say so, locks), lets `decide` see the rows of each, writes what it returns.
   * May be run twice when a connection breaks. A power cut may undo the last of these transactions, so they are for work that
   * is then simply done again.
   */
  decided(reads: Statement[], decide: (results: unknown[][][]) => Statement[]): Promise<void>;
}
