import { setImmediate as nextTurn } from 'node:timers/promises';
import type Database from 'better-sqlite3';
import type { Loaded, Needs } from '@resonate/machine';
import type { OutboxSql } from '../../sql/outbox-sql.ts';
import {
  OutcomeUnknown,
  StoreUnavailable,
  type Decide,
  type Decision,
  type Dialect,
  type Leadership,
  type Rewrite,
} from '../../dialect.ts';
import { places } from '../../sql/conditions.ts';
import { pendingMigrations, readMigrations } from '../../migrations.ts';
import { int } from '../../sql/read.ts';
import type { Statement } from '../../sql/statement.ts';
import type { SqlValue } from '../../sql/table.ts';
import { PROCESSES, type Heartbeat } from '../../tables.ts';
import { BaseDialect } from '../base.ts';
import { finish, once, runForOneTurn, type Steps } from './steps.ts';
import { connect, type Connection } from './file/connection.ts';
import { loader } from './load.ts';
import { outboxOf } from './outbox.ts';
import { WORDS } from './words.ts';
import { writer } from './write.ts';
import { errorCode, errorText } from '../../error-text.ts';

type Prepared = Database.Statement<unknown[], unknown[]>;

const MAX_STATEMENTS = 200;
/** A sync of the disk has no timeout. If it takes longer than this, the server reports that it is not ready. */
const ANSWERS_WITHIN_MS = 10_000;

/**
 * SQLite in the server's own process. Its calls are synchronous, and there is one writer, so nothing waits for a lock. A
 * thread for the database was not faster. Only a transaction that takes long is cut into several turns of the event loop.
 */
export class SqliteDialect extends BaseDialect implements Dialect {
  readonly name = 'sqlite';
  readonly isShared = false;
  readonly answersWithinMs = ANSWERS_WITHIN_MS;
  readonly #connection: Connection;
  readonly #database: Database.Database;
  readonly #clock: () => number;
  readonly #statements = new Map<string, Prepared>();
  #load: ReturnType<typeof loader> | null = null;
  #write: ReturnType<typeof writer> | null = null;
  /** Resolves at the end of a transaction that is open over several turns of the event loop; null: there is none. */
  #open: Promise<void> | null = null;
  readonly outbox: OutboxSql = outboxOf(
    (statements) => this.select(statements),
    () => this.#clock(),
  );

  /** @param path a file, or `:memory:`. @param open how to connect to it. @throws StoreUnavailable */
  constructor(path: string, clock: () => number, open: (path: string) => Connection = connect) {
    super(WORDS);
    this.#connection = open(path);
    this.#database = this.#connection.database;
    this.#clock = clock;
  }

  get failed(): AbortSignal | undefined {
    return this.#connection.log?.failed;
  }

  async migrate(): Promise<void> {
    await this.#counted(() => {
      const applied = int(this.#database.pragma('user_version', { simple: true }));
      for (const { version, sql } of pendingMigrations(readMigrations('sqlite'), applied)) {
        this.#database.exec(sql);
        this.#database.pragma(`user_version = ${version}`);
      }
    });
    this.#load = loader(this.#database);
    this.#write = writer(this.#database);
  }

  transact<Result>(needs: Needs, decide: Decide<Result>): Promise<Decision<Result>> {
    // Reading SQLite's counter of writes instead would take 2 us of the 16 of an empty transaction.
    return this.#durably(this.#batch(needs, decide), ({ changes }) => changes !== null);
  }

  *#batch<Result>(needs: Needs, decide: Decide<Result>): Steps<Decision<Result>> {
    const loaded = yield* ready(this.#load)(needs);
    yield;
    const decision = decide(loaded, this.#clock());
    yield;
    if (decision.changes) yield* ready(this.#write)(decision.changes);
    return decision;
  }

  load(needs: Needs): Promise<{ loaded: Loaded; now: number }> {
    return this.#read(() => ({ loaded: finish(ready(this.#load)(needs)), now: this.#clock() }));
  }

  rewrite<Result>(
    reads: readonly Statement[],
    decide: (rows: unknown[][][], now: number) => Rewrite<Result>,
  ): Promise<Result> {
    return this.#withoutSync(this.#rewriting(reads, decide));
  }

  *#rewriting<Result>(
    reads: readonly Statement[],
    decide: (rows: unknown[][][], now: number) => Rewrite<Result>,
  ): Steps<Result> {
    const rows = reads.map(({ sql, params }) => this.#rows(sql, params));
    const { changes, also = [], isScattered, result } = decide(rows, this.#clock());
    if (isScattered) this.#connection.checkpoint?.scattered();
    if (changes) yield* ready(this.#write)(changes);
    return result(also.map(({ sql, params }) => this.#rowsOrNone(sql, params)));
  }

  async now(): Promise<number> {
    return this.#clock();
  }

  async elect(): Promise<Leadership> {
    const term = new AbortController();
    return { ended: term.signal, release: async () => term.abort() };
  }

  async heartbeat(info: Heartbeat): Promise<void> {
    const { columnList, columns } = PROCESSES;
    const sql = `REPLACE INTO processes (${columnList}) VALUES (${places(columns)})`;
    const values = PROCESSES.valuesOf({ ...info, heartbeatAt: this.#clock() });
    await this.#withoutSync(once(() => this.#prepared(sql).run(...values)));
  }

  async close(): Promise<void> {
    while (this.#open !== null) await this.#open;
    await this.#connection.close();
  }

  protected select(statements: Statement[]): Promise<unknown[][][]> {
    return this.#read(() => statements.map(({ sql, params }) => this.#rows(sql, params)));
  }

  protected atomically(statements: Statement[]): Promise<unknown[][][]> {
    return this.#counted(() => statements.map(({ sql, params }) => this.#rowsOrNone(sql, params)));
  }

  /** `#durably` for work that is one step. SQLite's counter of rows tells whether it has written. */
  async #counted<T>(work: () => T): Promise<T> {
    // Creating a table does not count: it is synced with the first rows.
    const rowsWritten = () => int(this.#rows('SELECT total_changes()', [])[0]?.[0]);
    const counted = () => {
      const before = rowsWritten();
      const result = work();
      return { result, hasWritten: rowsWritten() !== before };
    };
    return (await this.#durably(once(counted), ({ hasWritten }) => hasWritten)).result;
  }

  /**
   * Runs the steps in one transaction. It is on the disk when this resolves.
   * @param hasWritten whether there is something to sync.
   */
  async #durably<T>(steps: Iterator<void, T>, hasWritten: (result: T) => boolean): Promise<T> {
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
   * Runs the steps in one transaction that a power cut may undo, for claims, outcomes and retention, which are then done
   * again. What they have read is on the disk when this resolves, because it may come from a commit that must stay.
   */
  async #withoutSync<T>(steps: Iterator<void, T>): Promise<T> {
    const result = await this.#atomically(steps, () => false);
    await this.#connection.log?.durable();
    return result;
  }

  /** Waits until the rows that were read are on the disk, because they may come from a commit that is not synced yet. */
  async #read<T>(work: () => T): Promise<T> {
    while (this.#open !== null) await this.#open;
    const result = work();
    await this.#connection.log?.durable();
    return result;
  }

  /**
   * Runs the steps in one transaction. If they take long, the event loop runs between them, and everything else that uses
   * the connection waits for `#open`. Otherwise this is synchronous, so that nothing else runs inside the transaction.
   * @param mustBeSynced whether those who read these rows must wait for the disk.
   */
  async #atomically<T>(steps: Iterator<void, T>, mustBeSynced: (result: T) => boolean): Promise<T> {
    while (this.#open !== null) await this.#open;
    this.#connection.log?.check();
    this.#begin();
    let open: PromiseWithResolvers<void> | null = null;
    try {
      for (;;) {
        const step = runForOneTurn(steps);
        if (step.done) {
          this.#prepared('COMMIT').run();
          // At once: nobody may read these rows before they count as not synced.
          if (mustBeSynced(step.value)) this.#connection.log?.wrote();
          this.#connection.checkpoint?.committed();
          return step.value;
        }
        open ??= Promise.withResolvers<void>();
        this.#open = open.promise;
        await nextTurn();
      }
    } catch (error) {
      if (this.#database.inTransaction) this.#prepared('ROLLBACK').run();
      throw meaning(error);
    } finally {
      this.#open = null;
      open?.resolve();
    }
  }

  /** @throws StoreUnavailable while another program, such as a database shell, has a transaction open on the file. */
  #begin(): void {
    try {
      this.#prepared('BEGIN IMMEDIATE').run();
    } catch (error) {
      throw meaning(error);
    }
  }

  #rows(sql: string, params: SqlValue[]): unknown[][] {
    return this.#prepared(sql)
      .raw(true)
      .all(...params);
  }

  /** Returns no rows for a statement that only writes. */
  #rowsOrNone(sql: string, params: SqlValue[]): unknown[][] {
    if (this.#prepared(sql).reader) return this.#rows(sql, params);
    this.#prepared(sql).run(...params);
    return [];
  }

  /** The cache is bounded, because each combination of tags in a search makes another statement. */
  #prepared(sql: string): Prepared {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = this.#database.prepare<unknown[], unknown[]>(sql);
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

/** What an error of SQLite means to the engine. */
function meaning(error: unknown): unknown {
  const known = UNAVAILABLE.find(([primary]) => errorCode(error).startsWith(primary));
  return known ? new StoreUnavailable(known[1]) : error;
}

function ready<T>(part: T | null): T {
  if (part === null) throw new Error('migrate() must come before any other call');
  return part;
}
