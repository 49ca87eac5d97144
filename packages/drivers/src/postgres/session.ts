import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { ServerSession, type Traffic } from '../server.ts';
import { toStoreError } from './errors.ts';
import { Pipeline, type Prepared, type Query, type Rows } from './pipeline.ts';

/** How transactions begin and end. Every connection of the pool knows these statements by name. */
export const TRANSACTIONS: readonly Prepared[] = [
  { name: 'begin', text: 'BEGIN ISOLATION LEVEL READ COMMITTED' },
  { name: 'begin_reading', text: 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY' },
  { name: 'commit', text: 'COMMIT' },
];
export const BEGIN: Query = { name: 'begin' };
export const BEGIN_READING: Query = { name: 'begin_reading' };
export const COMMIT: Query = { name: 'commit' };

/** One connection. */
export class Session extends ServerSession<Query> {
  /** No other connection has it, now or later. */
  readonly id = randomUUID();
  /** Resolves when the connection has ended, on whichever side. */
  readonly ended: Promise<void>;
  protected readonly rollbackQuery: Query = { text: 'ROLLBACK' };
  protected readonly toStoreError = toStoreError;
  readonly #client: pg.Client;
  #toPrepare: readonly Prepared[];

  /** @param prepared statements that the connection knows by name from its first round trip on. */
  constructor(client: pg.Client, answerMs: number, traffic: Traffic, prepared: readonly Prepared[] = []) {
    super(answerMs, traffic);
    this.#client = client;
    this.#toPrepare = prepared;
    this.ended = new Promise((resolve) => client.once('end', resolve));
  }

  /** Runs a file of statements. @throws as `run` does. */
  async script(sql: string): Promise<void> {
    await this.#client.query(sql).catch((error: unknown) => {
      throw toStoreError(error);
    });
  }

  end(): Promise<void> {
    return this.#client.end();
  }

  destroy(): void {
    this.isBroken = true;
    // While a query runs, pg closes the socket without telling the server.
    void this.#client.end();
  }

  protected send(queries: readonly Query[]): Promise<Rows[]> {
    const pipeline = new Pipeline(queries, this.#toPrepare);
    this.#toPrepare = [];
    this.#client.query(pipeline);
    return pipeline.results;
  }

  protected begins({ name, text }: Query): boolean {
    return name?.startsWith('begin') ?? text?.startsWith('BEGIN') ?? false;
  }

  protected commits({ name, text }: Query): boolean {
    return name === 'commit' || text === 'COMMIT';
  }
}
