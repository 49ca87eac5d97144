import Database from 'better-sqlite3';
import type {
  Loaded,
  Needs,
  PromiseQuery,
  PromiseRow,
  ScheduleQuery,
  ScheduleRow,
  TaskQuery,
  TaskRow,
} from '@resonate/machine';
import type { Transport } from '@resonate/protocol';
import type {
  Claim,
  Claimed,
  ClaimsSince,
  Decide,
  Decision,
  Dialect,
  DueTimer,
  DueTimers,
  Leadership,
  RecordedOutcome,
  WaitingTarget,
} from '../../dialect.ts';
import type { ProcessInfo, ProcessRow } from '../../processes.ts';
import { OutcomeUnknown, StoreUnavailable } from '../../dialect.ts';
import { pendingMigrations, readMigrations } from '../../migrations.ts';
import { PARTIAL_INDEX_WORDS, type PlainSql } from '../../sql/plain-sql.ts';
import {
  CALLBACKS,
  columnList,
  LISTENERS,
  PROCESSES,
  PROMISES,
  readList,
  RECORD_TABLES,
  SCHEDULES,
  TASKS,
  type SqlValue,
  type Table,
} from '../../tables.ts';
import type { Statement } from '../../sql/statement.ts';
import { searchPromises, searchTasks, type Searchable } from '../../sql/search.ts';
import { connect, type Connection } from './connection.ts';
import { Loader } from './load.ts';
import { Outbox } from './outbox.ts';
import { Writer } from './write.ts';

const MAX_STATEMENTS = 200;
/** No time-out bounds a sync of the disk; one that takes longer than this is broken for those who wait. */
const ANSWERS_WITHIN_MS = 10_000;

/** Without statistics SQLite could take the wrong index: a unary plus keeps it from choosing the column's. */
export const HINTS = {
  noIndex: (column: string) => `+${column}`,
  useIndex: (index: string) => ` INDEXED BY ${index}`,
};

/**
 * SQLite in the server's own process: every call is done when it returns, one writer, no lock to wait for. A storage
 * thread was no faster than running in place.
 */
export class SqliteDialect implements Dialect {
  readonly name = 'sqlite';
  readonly answersWithinMs = ANSWERS_WITHIN_MS;
  readonly #connection: Connection;
  readonly #database: Database.Database;
  readonly #clock: () => number;
  readonly #statements = new Map<string, Database.Statement>();
  readonly #searchable: Searchable = {
    ...HINTS,
    run: async (statements: Statement[]) => statements.map(({ sql, params }) => this.#rows(sql, params)),
  };
  readonly plain: PlainSql = {
    words: { ...PARTIAL_INDEX_WORDS, at: HINTS.useIndex },
    select: async (statements) => this.#onceDurable(await this.#searchable.run(statements)),
    atomically: (statements) => this.#durably(() => statements.map(({ sql, params }) => this.#rowsOrNone(sql, params))),
    decided: (reads, decide) =>
      this.#durably(() => {
        const writes = decide(reads.map(({ sql, params }) => this.#rows(sql, params)));
        for (const { sql, params } of writes) this.#rowsOrNone(sql, params);
      }),
  };
  #loader: Loader | null = null;
  #writer: Writer | null = null;
  #outbox: Outbox | null = null;

  /** @param path a file, or `:memory:`. @param open how to connect to it. @throws StoreUnavailable */
  constructor(path: string, clock: () => number, open: (path: string) => Connection = connect) {
    this.#connection = open(path);
    this.#database = this.#connection.database;
    this.#clock = clock;
  }

  get failed(): AbortSignal | undefined {
    return this.#connection.log?.failed;
  }

  async migrate(): Promise<void> {
    await this.#durably(() => {
      const applied = this.#database.pragma('user_version', { simple: true }) as number;
      for (const { version, sql } of pendingMigrations(readMigrations('sqlite'), applied)) {
        this.#database.exec(sql);
        this.#database.pragma(`user_version = ${version}`);
      }
    });
    this.#loader = new Loader(this.#database);
    this.#writer = new Writer(this.#database);
    this.#outbox = new Outbox(this.#database);
  }

  transact<Result>(needs: Needs, decide: Decide<Result>): Promise<Decision<Result>> {
    return this.#durably(() => {
      const decision = decide(ready(this.#loader).load(needs), this.#clock());
      if (decision.changes) ready(this.#writer).write(decision.changes);
      return decision;
    });
  }

  async load(needs: Needs): Promise<{ loaded: Loaded; now: number }> {
    return this.#onceDurable({ loaded: ready(this.#loader).load(needs), now: this.#clock() });
  }

  async searchPromises(query: PromiseQuery): Promise<PromiseRow[]> {
    return this.#onceDurable(await searchPromises(query, this.#searchable));
  }

  async searchTasks(query: TaskQuery): Promise<TaskRow[]> {
    return this.#onceDurable(await searchTasks(query, this.#searchable));
  }

  async searchSchedules(query: ScheduleQuery): Promise<ScheduleRow[]> {
    const sql = `SELECT ${readList(SCHEDULES)} FROM schedules WHERE id > ? ORDER BY id LIMIT ?`;
    return this.#onceDurable(this.#select(SCHEDULES, sql, [query.after ?? '', query.limit]));
  }

  async dueTimers(now: number, limit: number): Promise<DueTimers> {
    // `+ 0`: see READY in outbox.ts.
    const promises =
      "SELECT id, timeout_at AS at FROM promises INDEXED BY promises_timeout WHERE state = 'pending' AND timeout_at <= ? ORDER BY at LIMIT ? + 0";
    const leases =
      "SELECT id, due_at AS at FROM tasks INDEXED BY tasks_lease WHERE state = 'acquired' AND due_at <= ? ORDER BY at LIMIT ? + 0";
    const schedules = `SELECT ${readList(SCHEDULES)} FROM schedules WHERE next_run_at <= ? ORDER BY next_run_at LIMIT ? + 0`;
    return {
      promises: this.#prepared(promises).all(now, limit) as DueTimer[],
      leases: this.#prepared(leases).all(now, limit) as DueTimer[],
      schedules: this.#select(SCHEDULES, schedules, [now, limit]),
    };
  }

  async nextTimerAt(): Promise<number | null> {
    const [at] = this.#column<number | null>(
      `SELECT MIN(at) FROM (
         SELECT MIN(timeout_at) AS at FROM promises INDEXED BY promises_timeout WHERE state = 'pending'
         UNION ALL SELECT MIN(due_at) FROM tasks INDEXED BY tasks_lease WHERE state = 'acquired'
         UNION ALL SELECT MIN(next_run_at) FROM schedules)`,
      [],
    );
    return at ?? null;
  }

  async claim(claim: Claim): Promise<Claimed> {
    return this.#loosely(() => ready(this.#outbox).claim(claim, this.#clock()));
  }

  async waitingTargets(transport: Transport, limit: number, after = ''): Promise<WaitingTarget[]> {
    return ready(this.#outbox).waitingTargets(transport, limit, after);
  }

  async countDue(transport: Transport, targets: readonly string[], limit: number): Promise<number> {
    return ready(this.#outbox).countDue(transport, targets, limit, await this.now());
  }

  async nextDue(transport: Transport, targets: readonly string[]): Promise<WaitingTarget[]> {
    return ready(this.#outbox).nextDue(transport, targets);
  }

  async acknowledge(outcomes: readonly RecordedOutcome[], processId: string): Promise<void> {
    if (outcomes.length > 0) await this.#loosely(() => ready(this.#outbox).acknowledge(outcomes, processId));
  }

  async releaseClaims(processIds: readonly string[] | null, since?: ClaimsSince): Promise<number> {
    return this.#loosely(() => ready(this.#outbox).releaseClaims(processIds, this.#clock(), since));
  }

  async now(): Promise<number> {
    return this.#clock();
  }

  async elect(): Promise<Leadership> {
    const term = new AbortController();
    return { ended: term.signal, release: async () => term.abort() };
  }

  async heartbeat(info: ProcessInfo): Promise<void> {
    const places = PROCESSES.columns.map(() => '?').join(', ');
    const row = { ...info, heartbeatAt: this.#clock() };
    const sql = `REPLACE INTO processes (${columnList(PROCESSES)}) VALUES (${places})`;
    await this.#loosely(() => this.#prepared(sql).run(...PROCESSES.columns.map((column) => column.of(row))));
  }

  async processes(): Promise<ProcessRow[]> {
    return this.#select(PROCESSES, `SELECT ${readList(PROCESSES)} FROM processes ORDER BY id`, []);
  }

  async removeProcesses(ids: readonly string[]): Promise<void> {
    const sql = 'DELETE FROM processes WHERE id IN (SELECT value FROM json_each(?))';
    await this.#loosely(() => this.#prepared(sql).run(JSON.stringify(ids)));
  }

  async dump(): Promise<Loaded> {
    const all = <Row>(table: Table<Row>) =>
      this.#select(table, `SELECT ${readList(table)} FROM ${table.name} ORDER BY ${table.key.join(', ')}`, []);
    return {
      promises: all(PROMISES),
      tasks: all(TASKS),
      callbacks: all(CALLBACKS),
      listeners: all(LISTENERS),
      schedules: all(SCHEDULES),
      branches: [],
    };
  }

  async reset(): Promise<void> {
    await this.#durably(() => {
      for (const table of RECORD_TABLES) this.#database.exec(`DELETE FROM ${table}`);
    });
  }

  async readSetting(key: string): Promise<string | null> {
    return this.#column<string>('SELECT value FROM settings WHERE key = ?', [key])[0] ?? null;
  }

  async writeSetting(key: string, value: string): Promise<void> {
    const sql =
      'INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value';
    await this.#durably(() => this.#prepared(sql).run(key, value));
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  /** All of `work` or nothing of it, on the disk before anybody hears of it. */
  async #durably<T>(work: () => T): Promise<T> {
    this.#connection.log?.check();
    const writtenBefore = this.#rowsWritten();
    const result = this.#atomically(work);
    // Without a change there is nothing to sync, but what was read may be the work of a commit that still is.
    if (this.#rowsWritten() !== writtenBefore) this.#connection.log?.wrote();
    try {
      await this.#connection.log?.durable();
    } catch (error) {
      throw new OutcomeUnknown((error as Error).message);
    }
    return result;
  }

  /**
   * All of `work` or nothing of it, for what a power cut may undo: who has a message, and that it was taken. It goes out
   * again then. What `work` read is on the disk before anybody hears of it.
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
    return this.#prepared('SELECT total_changes()').pluck(true).get() as number;
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

  #select<Row>(table: Table<Row>, sql: string, params: SqlValue[]): Row[] {
    return this.#rows(sql, params).map((values) => table.decode(values));
  }

  #rows(sql: string, params: SqlValue[]): unknown[][] {
    return this.#prepared(sql)
      .raw(true)
      .all(...params) as unknown[][];
  }

  /** None of what only writes. */
  #rowsOrNone(sql: string, params: SqlValue[]): unknown[][] {
    if (this.#prepared(sql).reader) return this.#rows(sql, params);
    this.#prepared(sql).run(...params);
    return [];
  }

  #column<T>(sql: string, params: SqlValue[]): T[] {
    return this.#prepared(sql)
      .pluck(true)
      .all(...params) as T[];
  }

  /** Statements are few but for searches, whose shape follows the client's tags: so the cache is bounded. */
  #prepared(sql: string): Database.Statement {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = this.#database.prepare(sql);
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
  const code = error instanceof Database.SqliteError ? error.code : '';
  const known = UNAVAILABLE.find(([primary]) => code.startsWith(primary));
  return known ? new StoreUnavailable(known[1]) : error;
}

function ready<T>(part: T | null): T {
  if (part === null) throw new Error('migrate() must come before any other call');
  return part;
}
