import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { StoreUnavailable, type Traffic } from '../../dialect.ts';
import { ConnectionLost, type ServerSession } from '../server/connection.ts';
import { meaning } from './errors.ts';
import { Pipeline, type Prepared, type Query, type Rows } from './pipeline.ts';

/** One connection. */
export class Session implements ServerSession<Query> {
  /** Names this connection in `batches`. */
  readonly id = randomUUID();
  batch = 0;
  /** A transaction is open, or may be. */
  inTransaction = false;
  /** It must not be used again. */
  isBroken = false;
  /** Resolves when the connection is no more, whoever ended it. */
  readonly ended: Promise<void>;
  readonly #client: pg.Client;
  readonly #answerMs: number;
  readonly #traffic: Traffic;

  constructor(client: pg.Client, answerMs: number, traffic: Traffic) {
    this.#client = client;
    this.#answerMs = answerMs;
    this.#traffic = traffic;
    this.ended = new Promise((resolve) => client.once('end', resolve));
  }

  /**
   * One round trip. Statements after one that fails are not run.
   * @throws ConnectionLost, BatchConflict, StoreUnavailable, or the driver's error.
   */
  async run(queries: readonly Query[], prepare: readonly Prepared[] = []): Promise<Rows[]> {
    const pipeline = new Pipeline(queries, prepare);
    const timer = setTimeout(() => this.#abandon(pipeline), this.#answerMs);
    this.#traffic.statements += queries.length;
    this.#traffic.roundTrips++;
    if (queries.some(({ name }) => name?.startsWith('begin'))) this.inTransaction = true;
    this.#client.query(pipeline);
    try {
      const results = await pipeline.results;
      if (queries.at(-1)?.name === 'commit') this.inTransaction = false;
      return results;
    } catch (error) {
      const meant = meaning(error);
      if (meant instanceof StoreUnavailable) this.isBroken = true;
      throw meant;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Runs a file of statements. */
  async script(sql: string): Promise<void> {
    await this.#client.query(sql);
  }

  /** Ends what a failed or idle batch left open. */
  async rollback(): Promise<void> {
    if (!this.inTransaction || this.isBroken) return;
    this.inTransaction = false;
    await this.run([{ text: 'ROLLBACK' }]).catch(() => (this.isBroken = true));
  }

  end(): Promise<void> {
    return this.#client.end();
  }

  #abandon(pipeline: Pipeline): void {
    pipeline.handleError(new ConnectionLost(`no answer within ${this.#answerMs} ms`, true));
    // With a query under way pg breaks the connection off instead of taking leave of the server.
    void this.#client.end();
  }
}
