import pg from 'pg';
import { ServerConnections, type Lent } from '../server.ts';
import { unreachable } from './errors.ts';
import type { Prepared, Query } from './pipeline.ts';
import { checkPooler } from './pooler.ts';
import { Primary, type PrimaryOptions } from './primary.ts';
import { checkRequirements } from './requirements.ts';
import { Session, TRANSACTIONS } from './session.ts';

export interface PostgresOptions extends PrimaryOptions {
  poolSize: number;
  /** How long one statement may take, waiting for locks included. */
  statementTimeoutMs: number;
}

/** The server ends a transaction that sends nothing for so long, so that a paused process does not keep its locks. */
const IDLE_IN_TRANSACTION_MS = 5_000;
const IDLE_CONNECTION_MS = 300_000;

/** What each connection of the pool gets before it is used. */
export interface Setup {
  /** Statements that it knows by name, beside `TRANSACTIONS`. */
  prepared: readonly Prepared[];
  /** Settings by name. One that this version of Postgres does not have is left out. */
  settings: Readonly<Record<string, string>>;
}

/** The connections of one process to its database. */
export class Connections extends ServerConnections<Query, Session> {
  readonly #options: PostgresOptions;
  readonly #primary: Primary;
  readonly #pool: pg.Pool;
  readonly #sessions = new WeakMap<pg.ClientBase, Session>();

  /** Connects on first use. @throws when the URL is not one. */
  constructor(options: PostgresOptions, { prepared = [], settings = {} }: Partial<Setup> = {}) {
    super(options);
    this.#options = options;
    this.#primary = new Primary(options);
    this.#pool = new pg.Pool({
      Client: this.#primary.Client,
      connectionTimeoutMillis: options.connectTimeoutMs,
      max: options.poolSize,
      idleTimeoutMillis: IDLE_CONNECTION_MS,
      // oxlint-disable-next-line typescript/no-misused-promises -- the pool awaits it, its types don't say so
      onConnect: (client) => {
        return this.#begin(client as pg.Client, [...TRANSACTIONS, ...prepared], settings);
      },
    });
    // An idle connection broke. The pool has already removed it.
    this.#pool.on('error', () => {});
  }

  protected async lend(): Promise<Lent<Session>> {
    const client = await this.#pool.connect().catch((error: unknown) => {
      throw unreachable(error);
    });
    const session = this.#sessions.get(client);
    if (!session) throw new Error('the pool lent a connection that it had not announced');
    const giveBack = () => {
      if (session.isBroken) this.#primary.forget();
      client.release(session.isBroken);
    };
    return { session, giveBack };
  }

  /**
   * A connection outside of the pool, which the caller ends. It has neither the prepared statements of the pool (not even BEGIN)
   * nor its settings and timeouts.
   * @param answerMs how long a round trip on it may take.
   * @throws StoreUnavailable
   */
  async dedicated(answerMs: number = this.answerMs): Promise<Session> {
    const client = this.#primary.newClient();
    try {
      await client.connect();
    } catch (error) {
      throw unreachable(error);
    }
    return new Session(client, answerMs, this.traffic);
  }

  /**
   * Refuses a database, or a pooler in front of it, that lacks what the store needs.
   * @param byLease the election needs no lock of the server.
   * @throws an Error that says what is wrong. StoreUnavailable when the database cannot be reached, or a connection breaks.
   */
  async check(byLease: boolean): Promise<void> {
    const one = this.#primary.newClient({ query_timeout: this.answerMs });
    const other = this.#primary.newClient({ query_timeout: this.answerMs });
    try {
      await Promise.all([one.connect(), other.connect()]).catch((error: unknown) => {
        throw unreachable(error);
      });
      await checkRequirements(one);
      await checkPooler(one, other, byLease);
    } finally {
      for (const client of [one, other]) client.end().catch(() => {});
    }
  }

  close(): Promise<void> {
    return this.#pool.end();
  }

  async #begin(client: pg.Client, prepared: Setup['prepared'], wanted: Setup['settings']): Promise<void> {
    const session = new Session(client, this.answerMs, this.traffic, prepared);
    this.#sessions.set(client, session);
    const settings = {
      ...wanted,
      idle_in_transaction_session_timeout: String(IDLE_IN_TRANSACTION_MS),
      statement_timeout: String(this.#options.statementTimeoutMs),
    };
    // Joined with pg_settings, so that a setting which this version does not have is left out.
    const text = `SELECT set_config(name, wanted.value, false)
      FROM json_each_text($1) AS wanted(key, value) JOIN pg_settings ON name = wanted.key`;
    await session.run([{ text, values: [JSON.stringify(settings)] }]);
  }
}
