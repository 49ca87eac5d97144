import { StoreUnavailable, type Pool, type Traffic } from '../../dialect.ts';

/** What one statement answered: values in the order they were selected. */
export type Rows = unknown[][];

/** One connection to a database server. */
export interface ServerSession<Query> {
  /** The number of its current batch. */
  batch: number;
  /**
   * One round trip. Statements after one that fails are not run.
   * @returns the rows of each.
   * @throws ConnectionLost, BatchConflict, StoreUnavailable, or the driver's error.
   */
  run(queries: readonly Query[]): Promise<Rows[]>;
}

/** The connections of one process to its database server. */
export interface ServerConnections<Query, Session extends ServerSession<Query>> {
  readonly traffic: Readonly<Traffic>;
  readonly pool: Readonly<Pool>;
  /** How long one round trip may take. */
  readonly answerMs: number;
  /** Lends a connection while `work` runs; what it left open is undone. @throws StoreUnavailable when none can be had. */
  use<T>(work: (session: Session) => Promise<T>): Promise<T>;
  /** Like `use`, for what may be done twice: repeated when its connection was dead. */
  repeat<T>(work: (session: Session) => Promise<T>): Promise<T>;
}

/** A round trip that got no answer: what it did is not known. */
export class ConnectionLost extends StoreUnavailable {
  /** The server was silent for too long, so that trying again would take as long. */
  readonly isFrozen: boolean;

  constructor(message: string, isFrozen = false) {
    super(message);
    this.isFrozen = isFrozen;
  }
}
