import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import {
  BatchConflict,
  ConnectionLost,
  errorText,
  OutcomeUnknown,
  RequestTooLarge,
  StoreUnavailable,
  type Pool,
  type Rows,
  type ServerConnections,
  type ServerSession,
  type Traffic,
} from '@resonate/drivers';
import type { Changes, Loaded, Needs } from '@resonate/machine';
import type { Decide, Decision, Leadership, Rewrite } from '../../dialect.ts';
import { int } from '../../sql/read.ts';
import type { Statement } from '../../sql/statement.ts';
import type { Words } from '../../sql/words.ts';
import type { Heartbeat } from '../../tables.ts';
import { BaseDialect } from '../base.ts';
import { heartbeatOf } from './heartbeat.ts';
import { electByLease } from './lease.ts';
import { fetchesOf, loadedFrom, readingOf, versionsOf, type LoadSql } from './load.ts';
import type { Seen } from './remembered-entry.ts';
import { RememberedRows, type Assumed, type Recalled } from './remembered.ts';

/** The SQL of one kind of server: how it begins and ends transactions, and how it loads and writes rows. */
export interface ServerSql<Query, Session> {
  readonly words: Words;
  /** Turns a statement into what this server's connection sends. */
  query(statement: Statement): Query;
  readonly begin: readonly Query[];
  /** Begins a transaction that a crash may undo. Its commit does not wait for the disk, if the server supports that. */
  readonly beginLoosely: readonly Query[];
  /** Begins a transaction whose statements all see the same snapshot of the database. */
  readonly beginReading: readonly Query[];
  /** The first and the last statements of a batch. One of them writes the number of the batch. */
  beginBatch(session: Session): readonly Query[];
  endBatch(session: Session, now: number): readonly Query[];
  readonly commit: Query;
  /** Selects the server's clock, epoch ms. */
  readonly clock: Query;
  /** The same clock as an expression within a statement. */
  readonly clockMs: string;
  readonly load: LoadSql<Query>;
  writes(changes: Partial<Changes>): Query[];
  /**
   * Locks the rows that a batch was decided from, and fails if one of them has changed. The last statement returns the same
   * row as `clock`. It is absent on a server whose rows have no version. A server that has it also does the following:
   * - `clock` returns the start of the server as its second column.
   * - The locking statements of `load` return the version of each row as their last column.
   * - The second-to-last statement of `endBatch` returns the version of the rows that the batch wrote.
   */
  unchanged?(assumed: Assumed): readonly Query[];
}

/** How many round trips one batch takes at most. */
const ROUND_TRIPS = 2;
/** How long the batch number of a connection is kept after its last batch. */
export const BATCH_NUMBERS_KEPT_MS = 86_400_000;
const ASK_AGAIN_MS = 100;
/**
 * A step of a sweep takes further graphs only up to this share of `retention.batch_size`. Shorter steps keep requests waiting
 * for less time: with 100 promises in a step, among other differences, the p99 of a create was 1.24 to 1.28 times as long
 * (docs/retention.md).
 */
const SWEEP_STEP_SHARE = 0.5;
/** How many rows of an answer are decoded in one turn of the event loop. */
const ROWS_OF_TURN = 1_000;

/**
 * A dialect of a database server. Connections come from a pool and may break at any time. Statements that are sent together
 * take one round trip.
 */
export abstract class ServerDialect<Query, Session extends ServerSession<Query>> extends BaseDialect {
  readonly isShared = true;
  readonly answersWithinMs: number;
  readonly traffic: Readonly<Traffic>;
  readonly pool: Readonly<Pool>;
  readonly #connections: ServerConnections<Query, Session>;
  readonly #sql: ServerSql<Query, Session>;
  readonly #byLease: boolean;
  readonly #remembered: RememberedRows | null;

  /** @param byLease elects by a row in `leases` instead of by a lock of the server. */
  constructor(connections: ServerConnections<Query, Session>, sql: ServerSql<Query, Session>, byLease: boolean) {
    super(sql.words);
    this.#connections = connections;
    this.answersWithinMs = ROUND_TRIPS * connections.answerMs;
    this.traffic = connections.traffic;
    this.pool = connections.pool;
    this.#sql = sql;
    this.#byLease = byLease;
    this.#remembered = sql.unchanged ? new RememberedRows() : null;
  }

  /** If a commit gets no answer: how long to keep asking whether it was committed, ms. */
  protected abstract readonly patienceMs: number;
  /** Whether a batch may have been committed although its commit failed with this error. */
  protected abstract mayHaveCommitted(error: unknown): boolean;
  /** Whether the last batch of a lost connection was committed. The answer is final. If it fails, it is asked again. */
  protected abstract happened(lost: Session, now: number): Promise<boolean>;
  protected abstract electByLock(role: string): Promise<Leadership | null>;
  /** Runs the statements of a lease election as one transaction. It may run twice. */
  protected abstract lease(statements: Statement[]): Promise<Rows[]>;

  /**
   * A batch in two round trips: lock and load, then write and commit. If all rows are remembered, one round trip locks and
   * checks them, writes and commits. Without changes nothing would be checked, so such a batch reads and is decided again.
   */
  transact<Result>(needs: Needs, decide: Decide<Result>): Promise<Decision<Result>> {
    return this.#connections.use(async (session) => {
      session.batch++;
      const recalled = this.#remembered?.recall(needs, this.pool.used <= 1);
      if (recalled) {
        const decision = decide(recalled.loaded, recalled.now);
        if (decision.changes) {
          await this.#commitRecalled(session, needs, recalled, decision.changes);
          return decision;
        }
      }
      return this.#readAndDecide(session, needs, decide);
    });
  }

  async #readAndDecide<Result>(session: Session, needs: Needs, decide: Decide<Result>): Promise<Decision<Result>> {
    const fetches = fetchesOf(this.#sql, needs, true);
    const queries = fetches.map(({ query }) => query);
    // The clock is read last, so that a batch which waited for the locks of another one does not have an earlier time.
    const results = await this.#begin(session, this.#sql.beginBatch(session), [...queries, this.#sql.clock]);
    const at = performance.now();
    // Each of these steps takes up to 0.4 s for 40,000 rows, so the event loop runs between them.
    const isLarge = needs.promises.size > ROWS_OF_TURN || results.some(({ length }) => length > ROWS_OF_TURN);
    if (isLarge) await nextTurn();
    const { loaded, now } = loadedFrom(fetches, results);
    if (isLarge) await nextTurn();
    const decision = decide(loaded, now);
    if (isLarge) await nextTurn();
    const answer = decision.changes ? await this.#commit(session, [], decision.changes, now) : [];
    this.#remember(() => {
      const versions = versionsOf(fetches, results);
      return { needs, loaded, versions, ...decision, answer, clock: readingOf(results.at(-1), at) };
    });
    return decision;
  }

  /** @throws BatchConflict, and then the batch must read its rows: nothing was written. Otherwise as `transact`. */
  async #commitRecalled(session: Session, needs: Needs, recalled: Recalled, changes: Changes): Promise<void> {
    const { assumed, loaded, now } = recalled;
    // Throws instead of reading here: `decide` may have reserved slots in streams (`Offer`), and only a failed batch gives
    // them back.
    if (!recalled.isProvenBy(changes)) throw new BatchConflict('a batch assumed that a promise does not exist');
    const before = [...this.#sql.beginBatch(session), ...(this.#sql.unchanged?.(assumed) ?? [])];
    const answer = await this.#commit(session, before, changes, now).catch((error: unknown) => {
      throw this.#meaningOf(error, assumed);
    });
    const at = performance.now();
    this.#remember(() => {
      const versions = { promises: [...assumed.promises.values()], tasks: [...assumed.tasks.values()] };
      return { needs, loaded, versions, changes, answer, clock: readingOf(answer?.[before.length - 1], at) };
    });
  }

  /** What it means that a batch which was decided from remembered rows was not committed. */
  #meaningOf(error: unknown, assumed: Assumed): unknown {
    if (error instanceof OutcomeUnknown || error instanceof StoreUnavailable) {
      this.#remembered?.forgetAll();
      return error;
    }
    // Whatever the reason, the batch runs again and reads its rows. If it still fails, it shows its own error.
    if (!(error instanceof RequestTooLarge)) this.#remembered?.assumptionFailed(assumed);
    return new BatchConflict(errorText(error));
  }

  /** A batch is committed, so it must not fail any more. */
  #remember(seen: () => Seen): void {
    try {
      this.#remembered?.keep(seen());
    } catch {
      this.#remembered?.forgetAll();
    }
  }

  /**
   * @param before statements that are sent first, in the same round trip.
   * @returns the rows of each statement; null if the answer was lost, but the batch was committed.
   */
  async #commit(session: Session, before: readonly Query[], changes: Changes, now: number): Promise<Rows[] | null> {
    try {
      return await session.run([...before, ...this.#sql.writes(changes), ...this.#sql.endBatch(session, now)]);
    } catch (error) {
      if (this.mayHaveCommitted(error) && (await this.#askWhetherHappened(session, now))) return null;
      throw error instanceof ConnectionLost ? notCommitted(error) : error;
    }
  }

  async #askWhetherHappened(lost: Session, now: number): Promise<boolean> {
    const until = performance.now() + this.patienceMs;
    for (;;) {
      try {
        return await this.happened(lost, now);
      } catch (error) {
        if (performance.now() > until) throw new OutcomeUnknown(errorText(error));
        await delay(ASK_AGAIN_MS);
      }
    }
  }

  sweepStep(batchSize: number): number {
    return Math.ceil(batchSize * SWEEP_STEP_SHARE);
  }

  async load(needs: Needs): Promise<{ loaded: Loaded; now: number }> {
    const fetches = fetchesOf(this.#sql, needs, false);
    const queries = [...fetches.map(({ query }) => query), this.#sql.clock];
    return loadedFrom(fetches, await this.#read(queries, fetches.length > 1));
  }

  rewrite<Result>(
    reads: readonly Statement[],
    decide: (rows: unknown[][][], now: number) => Rewrite<Result>,
  ): Promise<Result> {
    return this.#connections.use(async (session) => {
      const { beginLoosely, clock, commit, query, writes } = this.#sql;
      const rows = await this.#begin(session, beginLoosely, [...reads.map(query), clock]);
      const now = int(rows.pop()?.[0]?.[0]);
      const { changes = {}, also = [], result } = decide(rows, now);
      const written = writes(changes);
      const answers = await session.run([...written, ...also.map(query), commit]);
      return result(answers.slice(written.length, -1));
    });
  }

  /** @returns the rows of `queries`. @throws BatchConflict when the connection broke: nothing was committed. */
  async #begin(session: Session, begin: readonly Query[], queries: readonly Query[]): Promise<Rows[]> {
    try {
      return (await session.run([...begin, ...queries])).slice(begin.length);
    } catch (error) {
      throw error instanceof ConnectionLost && !error.isFrozen ? notCommitted(error) : error;
    }
  }

  async now(): Promise<number> {
    return int((await this.#read([this.#sql.clock], false))[0]?.[0]?.[0]);
  }

  elect(role: string, processId: string): Promise<Leadership | null> {
    if (!this.#byLease) return this.electByLock(role);
    const { words, clockMs } = this.#sql;
    return electByLease({ words, clockMs, run: (statements) => this.lease(statements) }, role, processId);
  }

  async heartbeat(info: Heartbeat): Promise<void> {
    const { beginLoosely, commit, query, words, clockMs } = this.#sql;
    const beat = query(heartbeatOf(words, clockMs, info));
    await this.#connections.repeat((session) => session.run([...beginLoosely, beat, commit]));
  }

  protected select(statements: Statement[]): Promise<Rows[]> {
    return this.#read(statements.map(this.#sql.query), statements.length > 1);
  }

  protected atomically(statements: Statement[]): Promise<Rows[]> {
    return atomicallyOn(this.#connections, this.#sql, statements);
  }

  /** @param together whether all queries must see the same snapshot. */
  async #read(queries: readonly Query[], together: boolean): Promise<Rows[]> {
    if (!together) return this.#connections.repeat((session) => session.run(queries));
    const { beginReading, commit } = this.#sql;
    const results = await this.#connections.repeat((session) => session.run([...beginReading, ...queries, commit]));
    return results.slice(beginReading.length, -1);
  }
}

/** One transaction in one round trip. It may run twice. @returns the rows of each statement. */
export async function atomicallyOn<Query, Session extends ServerSession<Query>>(
  connections: ServerConnections<Query, Session>,
  { begin, commit, query }: ServerSql<Query, Session>,
  statements: readonly Statement[],
): Promise<Rows[]> {
  const queries = [...begin, ...statements.map(query), commit];
  return (await connections.repeat((session) => session.run(queries))).slice(begin.length, -1);
}

function notCommitted({ message }: Error): BatchConflict {
  return new BatchConflict(`the connection was lost before the commit: ${message}`);
}
