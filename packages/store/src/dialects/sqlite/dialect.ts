import type Database from 'better-sqlite3';
import type { Loaded, Needs } from '@resonate/machine';
import type { OutboxSql, OutboxWrites } from '../../sql/outbox-sql.ts';
import {
  OutcomeUnknown,
  StoreUnavailable,
  type Decide,
  type Decision,
  type Dialect,
  type Leadership,
} from '../../dialect.ts';
import { places } from '../../sql/conditions.ts';
import { pendingMigrations, readMigrations } from '../../migrations.ts';
import type { ProcessInfo } from '../../processes.ts';
import { int } from '../../sql/read.ts';
import type { Statement } from '../../sql/statement.ts';
import type { SqlValue } from '../../sql/table.ts';
import { PROCESSES } from '../../tables.ts';
import { BaseDialect } from '../base.ts';
import { connect, type Connection } from './file/connection.ts';
import { loader } from './load.ts';
import { outboxOf } from './outbox.ts';
import { WORDS } from './words.ts';
import { writer } from './write.ts';
import { errorText } from '../../error-text.ts';

type Prepared = Database.Statement<unknown[], unknown[]>;

const MAX_STATEMENTS = 200;
/** No time-out bounds a sync of the disk; one that takes longer than this is broken for those who wait. */
const ANSWERS_WITHIN_MS = 10_000;

/**
 * SQLite in the server's own process: every call is done when it returns, one writer, no lock to wait for. A storage
 * thread was no faster than running in place.
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
  readonly outbox: OutboxSql = outboxOf(
    ({ sql, params }) => this.#rows(sql, params),
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
    await this.#durably(() => {
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
    const work = () => {
      const decision = decide(ready(this.#load)(needs), this.#clock());
      if (decision.changes) ready(this.#write)(decision.changes);
      return decision;
    };
    // Without asking SQLite twice for its counter: 2 us of the 16 that an empty transaction takes.
    return this.#synced(work, ({ changes }) => changes !== null);
  }

  async load(needs: Needs): Promise<{ loaded: Loaded; now: number }> {
    return this.#onceDurable({ loaded: ready(this.#load)(needs), now: this.#clock() });
  }

  rewrite<Result>(
    reads: readonly Statement[],
    decide: (rows: unknown[][][], now: number) => OutboxWrites<Result>,
  ): Promise<Result> {
    return this.#loosely(() => {
      const {
        tasks,
        listeners,
        also = [],
        result,
      } = decide(
        reads.map(({ sql, params }) => this.#rows(sql, params)),
        this.#clock(),
      );
      ready(this.#write)({ tasks: { inserts: [], updates: [...tasks], deletes: [] }, listeners });
      return result(also.map(({ sql, params }) => this.#rowsOrNone(sql, params)));
    });
  }

  async now(): Promise<number> {
    return this.#clock();
  }

  async elect(): Promise<Leadership> {
    const term = new AbortController();
    return { ended: term.signal, release: async () => term.abort() };
  }

  async heartbeat(info: ProcessInfo): Promise<void> {
    const { columnList, columns } = PROCESSES;
    const sql = `REPLACE INTO processes (${columnList}) VALUES (${places(columns)})`;
    const values = PROCESSES.valuesOf({ ...info, heartbeatAt: this.#clock() });
    await this.#loosely(() => this.#prepared(sql).run(...values));
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  protected select(statements: Statement[]): Promise<unknown[][][]> {
    return this.#onceDurable(statements.map(({ sql, params }) => this.#rows(sql, params)));
  }

  protected atomically(statements: Statement[]): Promise<unknown[][][]> {
    return this.#durably(() => statements.map(({ sql, params }) => this.#rowsOrNone(sql, params)));
  }

  protected decided(reads: Statement[], decide: (results: unknown[][][]) => Statement[]): Promise<void> {
    return this.#loosely(() => {
      const writes = decide(reads.map(({ sql, params }) => this.#rows(sql, params)));
      for (const { sql, params } of writes) this.#rowsOrNone(sql, params);
    });
  }

  /** All of `work` or nothing of it, on the disk before anybody hears of it. */
  async #durably<T>(work: () => T): Promise<T> {
    const writtenBefore = this.#rowsWritten();
    return this.#synced(work, () => this.#rowsWritten() !== writtenBefore);
  }

  /** @param hasWritten whether there is something to sync. */
  async #synced<T>(work: () => T, hasWritten: (result: T) => boolean): Promise<T> {
    this.#connection.log?.check();
    const result = this.#atomically(work);
    // Without a change there is nothing to sync, but what was read may be the work of a commit that still is.
    if (hasWritten(result)) this.#connection.log?.wrote();
    try {
      await this.#connection.log?.durable();
    } catch (error) {
      throw new OutcomeUnknown(errorText(error));
    }
    return result;
  }

  /**
   * All of `work` or nothing of it, for what a power cut may undo: who has a message, that it was taken, and what retention
   * deleted. It is sent or deleted again then. What `work` read is on the disk before anybody hears of it.
   */
  async #loosely<T>(work: () => T): Promise<T> {
    this.#connection.log?.check();
    return this.#onceDurable(this.#atomically(work));
  }

  /** What was read may be the work of a commit that is not on the disk yet. */
  async #onceDurable<T>(result: T): Promise<T> {
    await this.#connection.log?.durable();
    return result;
  }

  /** By this connection so far. Tables made by a migration are none: they are synced with the first rows. */
  #rowsWritten(): number {
    return int(this.#rows('SELECT total_changes()', [])[0]?.[0]);
  }

  /** All of `work` or nothing of it. It is synchronous, so nothing else can run inside its transaction. */
  #atomically<T>(work: () => T): T {
    this.#begin();
    try {
      const result = work();
      this.#prepared('COMMIT').run();
      this.#connection.checkpoint?.committed();
      return result;
    } catch (error) {
      if (this.#database.inTransaction) this.#prepared('ROLLBACK').run();
      throw meaning(error);
    }
  }

  /** @throws StoreUnavailable while another program, a database shell for one, has a transaction open on the file. */
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

  /** None of what only writes. */
  #rowsOrNone(sql: string, params: SqlValue[]): unknown[][] {
    if (this.#prepared(sql).reader) return this.#rows(sql, params);
    this.#prepared(sql).run(...params);
    return [];
  }

  /** Statements are few but for searches, whose shape follows the client's tags: so the cache is bounded. */
  #prepared(sql: string): Prepared {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = this.#database.prepare<unknown[], unknown[]>(sql);
    if (this.#statements.size >= MAX_STATEMENTS) this.#statements.clear();
    this.#statements.set(sql, statement);
    return statement;
  }
}

/** Primary error codes (extended ones begin with them) that pass, or that an operator must mend. */
const UNAVAILABLE: readonly (readonly [code: string, meaning: string])[] = [
  ['SQLITE_BUSY', 'another program has locked the database file'],
  ['SQLITE_FULL', 'the disk is full'],
  ['SQLITE_READONLY', 'the database file is read-only'],
];

/** What an error of SQLite means to the engine. */
function meaning(error: unknown): unknown {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  const known = UNAVAILABLE.find(([primary]) => code.startsWith(primary));
  return known ? new StoreUnavailable(known[1]) : error;
}

function ready<T>(part: T | null): T {
  if (part === null) throw new Error('migrate() must come before any other call');
  return part;
}
