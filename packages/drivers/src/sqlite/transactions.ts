import { setImmediate as nextTurn } from 'node:timers/promises';
import type Sqlite from 'better-sqlite3';
import { errorCode, errorText } from '../error-text.ts';
import { OutcomeUnknown, StoreUnavailable } from '../errors.ts';
import type { SqlValue } from '../sql-value.ts';
import type { Connection } from './connection.ts';
import type { Database } from './database.ts';
import { once, runForOneTurn } from './steps.ts';

type Prepared = Sqlite.Statement<unknown[], unknown[]>;

const MAX_STATEMENTS = 200;

/**
 * Runs statements and transactions on a connection. A transaction waits for the one before it, and throws StoreUnavailable
 * while another program, such as a database shell, has one open on the file.
 */
export class Transactions {
  readonly database: Database;
  readonly #connection: Connection;
  readonly #statements = new Map<string, Prepared>();
  /** Resolves at the end of a transaction that is open over several turns of the event loop; null: there is none. */
  #open: Promise<void> | null = null;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.database = connection.database;
  }

  /** Aborted, with a StoreUnavailable, when the disk has failed. Undefined for a database in memory. */
  get failed(): AbortSignal | undefined {
    return this.#connection.log?.failed;
  }

  /** `durably` for work that is one step. SQLite's counter of rows tells whether it has written. */
  async durablyInOneStep<T>(work: () => T): Promise<T> {
    // Creating a table does not count: it is synced with the first rows.
    const rowsWritten = () => Number(this.rows('SELECT total_changes()', [])[0]?.[0]);
    const counted = () => {
      const before = rowsWritten();
      const result = work();
      return { result, hasWritten: rowsWritten() !== before };
    };
    return (await this.durably(once(counted), ({ hasWritten }) => hasWritten)).result;
  }

  /**
   * Runs the steps in one transaction. It is on the disk when this resolves.
   * @param hasWritten whether there is something to sync.
   * @throws StoreUnavailable: nothing was committed. OutcomeUnknown: the sync failed.
   */
  async durably<T>(steps: Iterator<void, T>, hasWritten: (result: T) => boolean): Promise<T> {
    const result = await this.#atomically(steps, hasWritten);
    try {
      // Even if nothing was written here, the rows may come from a commit that is not synced yet.
      await this.#connection.log?.durable();
    } catch (error) {
      throw new OutcomeUnknown(errorText(error));
    }
    return result;
  }

  /**
   * Runs the steps in one transaction that a power cut may undo. So the caller must be able to repeat them. It resolves when
   * the rows that the steps have read are on the disk, because these may come from a commit that must stay.
   * @throws StoreUnavailable, also if the sync of what was read fails after the commit.
   */
  async withoutSync<T>(steps: Iterator<void, T>): Promise<T> {
    const result = await this.#atomically(steps, () => false);
    await this.#connection.log?.durable();
    return result;
  }

  /** Waits until the rows that were read are on the disk, because they may come from a commit that is not synced yet. */
  async read<T>(work: () => T): Promise<T> {
    while (this.#open !== null) await this.#open;
    const result = work();
    await this.#connection.log?.durable();
    return result;
  }

  /** The current transaction changes pages all over the file (`LogCheckpoint.scattered`). */
  scattered(): void {
    this.#connection.checkpoint?.scattered();
  }

  /** The rows of a statement, inside a transaction or `read`: values in the order of its select list. */
  rows(sql: string, params: readonly SqlValue[]): unknown[][] {
    return this.#prepared(sql)
      .raw(true)
      .all(...params);
  }

  /** Returns no rows for a statement that only writes. */
  rowsOrNone(sql: string, params: readonly SqlValue[]): unknown[][] {
    if (this.#prepared(sql).reader) return this.rows(sql, params);
    this.#prepared(sql).run(...params);
    return [];
  }

  async close(): Promise<void> {
    while (this.#open !== null) await this.#open;
    await this.#connection.close();
  }

  /**
   * Runs the steps in one transaction. If they take long, the event loop runs between them, and everything else that uses
   * the connection waits for `#open`. Otherwise this is synchronous, so that nothing else runs inside the transaction.
   * @param hasWritten whether those who read these rows must wait for the disk.
   */
  async #atomically<T>(steps: Iterator<void, T>, hasWritten: (result: T) => boolean): Promise<T> {
    while (this.#open !== null) await this.#open;
    this.#connection.log?.check();
    this.#begin();
    let open: PromiseWithResolvers<void> | null = null;
    try {
      for (;;) {
        const step = runForOneTurn(steps);
        if (step.done) {
          this.#prepared('COMMIT').run();
          // In the same turn as COMMIT: whoever reads these rows next must wait for their sync.
          if (hasWritten(step.value)) this.#connection.log?.wrote();
          this.#connection.checkpoint?.committed();
          return step.value;
        }
        open ??= Promise.withResolvers<void>();
        this.#open = open.promise;
        await nextTurn();
      }
    } catch (error) {
      if (this.database.inTransaction) this.#prepared('ROLLBACK').run();
      throw toStoreError(error);
    } finally {
      this.#open = null;
      open?.resolve();
    }
  }

  #begin(): void {
    try {
      this.#prepared('BEGIN IMMEDIATE').run();
    } catch (error) {
      throw toStoreError(error);
    }
  }

  /** The cache is bounded, because each combination of tags in a search makes another statement. */
  #prepared(sql: string): Prepared {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = this.database.prepare<unknown[], unknown[]>(sql);
    if (this.#statements.size >= MAX_STATEMENTS) this.#statements.clear();
    this.#statements.set(sql, statement);
    return statement;
  }
}

/** Errors that go away by themselves or that an operator must fix. Extended error codes begin with these. */
const UNAVAILABLE: readonly (readonly [code: string, meaning: string])[] = [
  ['SQLITE_BUSY', 'another program has locked the database file'],
  ['SQLITE_FULL', 'the disk is full'],
  ['SQLITE_READONLY', 'the database file is read-only'],
];

/** What an error of SQLite means to a caller. */
function toStoreError(error: unknown): unknown {
  const known = UNAVAILABLE.find(([primary]) => errorCode(error).startsWith(primary));
  return known ? new StoreUnavailable(known[1]) : error;
}
