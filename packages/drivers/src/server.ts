import { BatchConflict, ConnectionLost, StoreUnavailable } from './errors.ts';

/** The rows of one statement: values in the order of the select list. */
export type Rows = unknown[][];

/** The server ends statements that take too long. If it does not answer this long after that, it is frozen or gone. */
const ANSWER_MARGIN_MS = 5_000;
/** The number of attempts of `repeat`. */
const MAX_ATTEMPTS = 5;

/** What this process has sent to its database server so far. */
export interface Traffic {
  /** BEGIN, COMMIT and the like included. */
  statements: number;
  /** Messages to the server and back. One may have several statements. */
  roundTrips: number;
}

/** How much of a process's pool of connections is used. */
export interface Pool {
  /** The maximum number of connections. */
  size: number;
  /** How many are in use. */
  used: number;
  /** How many callers wait for a connection. */
  waiting: number;
}

/** One connection to a database server. */
export abstract class ServerSession<Query> {
  /** The number of its current batch. */
  batch = 0;
  /** It must not be used again. */
  isBroken = false;
  /** A transaction is open, or may be. */
  protected inTransaction = false;
  readonly #traffic: Traffic;
  #answerMs: number;

  /** @param answerMs how long a round trip may take. */
  constructor(answerMs: number, traffic: Traffic) {
    this.#answerMs = answerMs;
    this.#traffic = traffic;
  }

  /** Sends statements in one message. @returns the rows of each. */
  protected abstract send(queries: readonly Query[]): Promise<Rows[]>;
  protected abstract begins(query: Query): boolean;
  protected abstract commits(query: Query): boolean;
  protected abstract readonly rollbackQuery: Query;
  /** Converts an error of `send` to one of `errors.ts`, if one fits. */
  protected abstract toStoreError(error: unknown): Error;
  /** Closes the connection without waiting for the server. */
  abstract destroy(): void;

  /**
   * One round trip. Statements after one that fails are not run.
   * @returns the rows of each.
   * @throws ConnectionLost, BatchConflict, StoreUnavailable, RequestTooLarge, or the error of pg or mysql2.
   */
  async run(queries: readonly Query[]): Promise<Rows[]> {
    this.#traffic.statements += queries.length;
    this.#traffic.roundTrips++;
    if (queries.some((query) => this.begins(query))) this.inTransaction = true;
    try {
      const results = await this.#inTime(this.send(queries));
      if (queries.some((query) => this.commits(query))) this.inTransaction = false;
      return results;
    } catch (error) {
      const meant = this.toStoreError(error);
      if (meant instanceof StoreUnavailable) this.isBroken = true;
      throw meant;
    }
  }

  /** Ends a transaction that a batch left open because it failed or changed nothing. */
  async rollback(): Promise<void> {
    if (!this.inTransaction || this.isBroken) return;
    this.inTransaction = false;
    await this.run([this.rollbackQuery]).catch(() => (this.isBroken = true));
  }

  /** From now on a round trip may take any time. */
  protected waitForever(): void {
    this.#answerMs = Infinity;
  }

  async #inTime(answer: Promise<Rows[]>): Promise<Rows[]> {
    if (this.#answerMs === Infinity) return answer;
    const silence = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      silence.reject(new ConnectionLost(`no answer within ${this.#answerMs} ms`, true));
      this.destroy();
    }, this.#answerMs);
    return Promise.race([answer, silence.promise]).finally(() => clearTimeout(timer));
  }
}

/** A connection that is lent from the pool. */
export interface Lent<Session> {
  session: Session;
  giveBack(): void;
}

/** The connections of one process to its database server. */
export abstract class ServerConnections<Query, Session extends ServerSession<Query>> {
  readonly traffic: Traffic = { statements: 0, roundTrips: 0 };
  readonly pool: Pool;
  /** How long one round trip may take. */
  readonly answerMs: number;

  constructor({ poolSize, statementTimeoutMs }: { poolSize: number; statementTimeoutMs: number }) {
    this.pool = { size: poolSize, used: 0, waiting: 0 };
    this.answerMs = statementTimeoutMs + ANSWER_MARGIN_MS;
  }

  /** @throws StoreUnavailable when no connection can be had. */
  protected abstract lend(): Promise<Lent<Session>>;

  /** Lends a connection while `work` runs. A transaction that it leaves open is rolled back. @throws StoreUnavailable */
  async use<T>(work: (session: Session) => Promise<T>): Promise<T> {
    this.pool.waiting++;
    const { session, giveBack } = await this.lend().finally(() => this.pool.waiting--);
    this.pool.used++;
    try {
      return await work(session);
    } finally {
      // The caller need not wait: a rollback cannot change what it has read.
      void session.rollback().then(() => {
        giveBack();
        this.pool.used--;
      });
    }
  }

  /** `use` for work that may run twice: it is repeated after a conflict, or if its connection is lost. */
  async repeat<T>(work: (session: Session) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.use(work);
      } catch (error) {
        const isRepeatable = error instanceof BatchConflict || (error instanceof ConnectionLost && !error.isFrozen);
        if (!isRepeatable) throw error;
        if (attempt >= MAX_ATTEMPTS) throw new StoreUnavailable(error.message);
      }
    }
  }
}
