import { connect, finish, once, Transactions, type Connection, type Steps } from '@resonate/drivers/sqlite';
import type { Changes, Loaded, Needs } from '@resonate/machine';
import type { OutboxSql } from '../../sql/outbox-sql.ts';
import type { Decide, Decision, Dialect, Leadership, Rewrite } from '../../dialect.ts';
import { places } from '../../sql/conditions.ts';
import { pendingMigrations, readMigrations } from '../../migrations.ts';
import { int } from '../../sql/read.ts';
import type { Statement } from '../../sql/statement.ts';
import { PROCESSES, type Heartbeat } from '../../tables.ts';
import { BaseDialect } from '../base.ts';
import { loader } from './load.ts';
import { outboxOf } from './outbox.ts';
import { WORDS } from './words.ts';
import { writer } from './write.ts';

/** A sync of the disk has no timeout. If it takes longer than this, the server reports that it is not ready. */
const ANSWERS_WITHIN_MS = 10_000;
/**
 * A step of a sweep blocks the event loop: for 0.5 ms with 10 promises, for 3 ms with 100
 * (`npm run bench:retention -- --targets sqlite`).
 */
const SWEEP_STEP = 10;

/**
 * SQLite in the server's own process. Its calls are synchronous, and there is one writer, so nothing waits for a lock. A
 * thread for the database was not faster. Only a transaction that takes long is cut into several turns of the event loop.
 */
export class SqliteDialect extends BaseDialect implements Dialect {
  readonly name = 'sqlite';
  readonly isShared = false;
  readonly answersWithinMs = ANSWERS_WITHIN_MS;
  readonly #transactions: Transactions;
  readonly #clock: () => number;
  #load: ReturnType<typeof loader> | null = null;
  #write: ReturnType<typeof writer> | null = null;
  readonly outbox: OutboxSql = outboxOf(
    (statements) => this.select(statements),
    () => this.#clock(),
  );

  /** @param path a file, or `:memory:`. @param open how to connect to it. @throws StoreUnavailable */
  constructor(path: string, clock: () => number, open: (path: string) => Connection = connect) {
    super(WORDS);
    this.#transactions = new Transactions(open(path));
    this.#clock = clock;
  }

  get failed(): AbortSignal | undefined {
    return this.#transactions.failed;
  }

  sweepStep(): number {
    return SWEEP_STEP;
  }

  async migrate(): Promise<void> {
    const { database } = this.#transactions;
    await this.#transactions.durablyInOneStep(() => {
      const applied = int(database.pragma('user_version', { simple: true }));
      for (const { version, sql } of pendingMigrations(readMigrations('sqlite'), applied)) {
        database.exec(sql);
        database.pragma(`user_version = ${version}`);
      }
    });
    this.#load = loader(database);
    this.#write = writer(database);
  }

  transact<Result>(needs: Needs, decide: Decide<Result>): Promise<Decision<Result>> {
    // Reading SQLite's counter of writes instead would take 2 us of the 16 of an empty transaction.
    return this.#transactions.durably(this.#batch(needs, decide), ({ changes }) => changes !== null);
  }

  *#batch<Result>(needs: Needs, decide: Decide<Result>): Steps<Decision<Result>> {
    const loaded = yield* ready(this.#load)(needs);
    yield;
    const decision = decide(loaded, this.#clock());
    yield;
    if (decision.changes) yield* this.#writing(decision.changes);
    return decision;
  }

  *#writing(changes: Partial<Changes>): Steps<void> {
    for (const write of ready(this.#write)(changes)) {
      yield;
      write();
    }
  }

  load(needs: Needs): Promise<{ loaded: Loaded; now: number }> {
    return this.#transactions.read(() => ({ loaded: finish(ready(this.#load)(needs)), now: this.#clock() }));
  }

  rewrite<Result>(
    reads: readonly Statement[],
    decide: (rows: unknown[][][], now: number) => Rewrite<Result>,
  ): Promise<Result> {
    return this.#transactions.withoutSync(this.#rewriting(reads, decide));
  }

  *#rewriting<Result>(
    reads: readonly Statement[],
    decide: (rows: unknown[][][], now: number) => Rewrite<Result>,
  ): Steps<Result> {
    const rows = reads.map(({ sql, params }) => this.#transactions.rows(sql, params));
    const { changes, also = [], isScattered, result } = decide(rows, this.#clock());
    if (isScattered) this.#transactions.scattered();
    if (changes) yield* this.#writing(changes);
    return result(also.map(({ sql, params }) => this.#transactions.rowsOrNone(sql, params)));
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
    await this.#transactions.withoutSync(once(() => this.#transactions.rowsOrNone(sql, values)));
  }

  async close(): Promise<void> {
    await this.#transactions.close();
  }

  protected select(statements: Statement[]): Promise<unknown[][][]> {
    return this.#transactions.read(() => statements.map(({ sql, params }) => this.#transactions.rows(sql, params)));
  }

  protected atomically(statements: Statement[]): Promise<unknown[][][]> {
    return this.#transactions.durablyInOneStep(() =>
      statements.map(({ sql, params }) => this.#transactions.rowsOrNone(sql, params)),
    );
  }
}

function ready<T>(part: T | null): T {
  if (part === null) throw new Error('migrate() must come before any other call');
  return part;
}
