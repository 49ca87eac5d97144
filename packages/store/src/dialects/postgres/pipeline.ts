import type { Connection, Submittable } from 'pg';

/** A statement to run: a prepared one by its name, or `text` that is planned anew. */
export interface Query {
  name?: string;
  text?: string;
  values?: (string | null)[];
}

export interface Prepared {
  name: string;
  text: string;
}

/** Rows in Postgres' text form, values in the order they were selected. */
export type Rows = (string | null)[][];

/**
 * Several statements in one message and one answer: all of them, or those before the first that fails. Written for the
 * interface that pg offers to cursors and streams, as its own pipeline mode syncs after each statement: that is one
 * more pair of system calls per statement, and what follows a failed BEGIN would run outside of any transaction.
 */
export class Pipeline implements Submittable {
  readonly #settle = Promise.withResolvers<Rows[]>();
  /** One entry per query. Rejects with the server's error, or with the connection's. */
  readonly results = this.#settle.promise;
  readonly #queries: readonly Query[];
  readonly #prepare: readonly Prepared[];
  readonly #done: Rows[] = [];
  #rows: Rows = [];

  /** @param prepare statements that this connection shall know by their names from now on. */
  constructor(queries: readonly Query[], prepare: readonly Prepared[] = []) {
    this.#queries = queries;
    this.#prepare = prepare;
  }

  submit(connection: Connection): void {
    const { stream } = connection;
    stream.cork();
    for (const { name, text } of this.#prepare) connection.parse({ name, text, types: [] }, true);
    for (const { name = '', text, values = [] } of this.#queries) {
      if (text !== undefined) connection.parse({ name, text, types: [] }, true);
      connection.bind({ statement: name, values }, true);
      connection.execute(null, true);
    }
    connection.sync();
    stream.uncork();
  }

  handleDataRow(message: { fields: (string | null)[] }): void {
    this.#rows.push(message.fields);
  }

  handleCommandComplete(): void {
    this.#done.push(this.#rows);
    this.#rows = [];
  }

  handleEmptyQuery(): void {
    this.handleCommandComplete();
  }

  /** The server's error, or what became of the connection; it means nothing once every statement was answered. */
  handleError(error: Error): void {
    if (this.#done.length === this.#queries.length) this.#settle.resolve(this.#done);
    else this.#settle.reject(error);
  }

  handleReadyForQuery(): void {
    this.#settle.resolve(this.#done);
  }
}
