import pg from 'pg';
import { ServerConnections, type Lent } from '../server/connection.ts';
import { unreachable } from './errors.ts';
import type { Prepared, Query } from './pipeline.ts';
import { checkPooler } from './pooler.ts';
import { Primary, type PrimaryOptions } from './primary.ts';
import { Session } from './session.ts';

export interface PostgresOptions extends PrimaryOptions {
  poolSize: number;
  /** How long one statement may take, waiting for locks included. */
  statementTimeoutMs: number;
}

/** The server ends a transaction that sends nothing for so long, so that a paused process does not keep its locks. */
const IDLE_IN_TRANSACTION_MS = 5_000;
const IDLE_CONNECTION_MS = 300_000;

/**
 * Every statement has an index, so other plans are switched off: they are better only on small tables, or seem better
 * while statistics are old. Each statement is planned once per connection. With `auto`, a look-up of ids in an array is
 * planned every time, which took a quarter of the database's CPU for a single settle. Parallel workers are off: a
 * statement reads one page of rows, and starting a worker took 5 ms (a search for `resolved` among 500,000 promises).
 */
export const SETTINGS = {
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  max_parallel_workers_per_gather: '0',
  jit: 'off',
  idle_in_transaction_session_timeout: String(IDLE_IN_TRANSACTION_MS),
};

/** The connections of one process to its database. */
export class Connections extends ServerConnections<Query, Session> {
  readonly #options: PostgresOptions;
  readonly #primary: Primary;
  readonly #pool: pg.Pool;
  readonly #sessions = new WeakMap<pg.ClientBase, Session>();

  /** Connects on first use. @param prepared what every connection of the pool knows by name. @throws when the URL is not one. */
  constructor(options: PostgresOptions, prepared: readonly Prepared[]) {
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
        return this.#begin(client as pg.Client, prepared);
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
      if (session.isBroken) this.#primary.doubt();
      client.release(session.isBroken);
    };
    return { session, giveBack };
  }

  /**
   * A connection outside of the pool, which the caller ends.
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

  /** @throws an Error when there is a pooler that cannot be used. */
  checkPooler(byLease: boolean): Promise<void> {
    return checkPooler(this.#primary, this.answerMs, byLease);
  }

  close(): Promise<void> {
    return this.#pool.end();
  }

  async #begin(client: pg.Client, prepared: readonly Prepared[]): Promise<void> {
    const session = new Session(client, this.answerMs, this.traffic, prepared);
    this.#sessions.set(client, session);
    const settings = { ...SETTINGS, statement_timeout: String(this.#options.statementTimeoutMs) };
    // Joined with pg_settings, so that a setting which this version does not have is left out.
    const text = `SELECT set_config(name, wanted.value, false)
      FROM json_each_text($1) AS wanted(key, value) JOIN pg_settings ON name = wanted.key`;
    await session.run([{ text, values: [JSON.stringify(settings)] }]);
  }
}
