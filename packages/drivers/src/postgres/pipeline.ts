import type { Connection, Submittable } from 'pg';

/** A statement to run: the `name` of a prepared one, or a `text`, which is planned each time. */
export interface Query {
  name?: string;
  text?: string;
  values?: (string | null)[];
}

export interface Prepared {
  name: string;
  text: string;
}

/** Rows as arrays of values in Postgres' text form, in the order of the select list. */
export type Rows = (string | null)[][];

/**
 * Sends several statements in one message and gets one answer. If a statement fails, the ones after it are not run. It
 * uses the interface that pg has for cursors and streams. The pipeline mode of pg syncs after each statement: that costs
 * a pair of system calls per statement, and statements after a failed BEGIN would run outside of any transaction.
 */
export class Pipeline implements Submittable {
  readonly #settle = Promise.withResolvers<Rows[]>();
  /** The rows of each query. Rejects with the error of the server or of the connection. */
  readonly results = this.#settle.promise;
  readonly #queries: readonly Query[];
  readonly #prepare: readonly Prepared[];
  readonly #done: Rows[] = [];
  #rows: Rows = [];

  /** @param prepare statements to prepare first, under their names. */
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

  /** An error of the server or of the connection. It is ignored if every statement was answered before. */
  handleError(error: Error): void {
    if (this.#done.length === this.#queries.length) this.#settle.resolve(this.#done);
    else this.#settle.reject(error);
  }

  handleReadyForQuery(): void {
    this.#settle.resolve(this.#done);
  }
}
