/**
 * The database cannot be reached, or refuses statements, or its disk has failed. Unless a `@throws` says more, it is not
 * known whether anything was committed.
 */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

/** A round trip got no answer, so its effect is not known. */
export class ConnectionLost extends StoreUnavailable {
  /** The server did not answer in time. Trying again would take as long. */
  readonly isFrozen: boolean;

  constructor(message: string, isFrozen = false) {
    super(message);
    this.isFrozen = isFrozen;
  }
}

/** The batch conflicted with another one (deadlock, serialization, insert collision). Nothing was committed. */
export class BatchConflict extends Error {
  override readonly name = 'BatchConflict';
}

/** A batch is too large for the database. If it has only one request, that request can never succeed. Nothing was committed. */
export class RequestTooLarge extends Error {
  override readonly name = 'RequestTooLarge';
}

/** The commit was sent or written, but it is not known whether it lasts: the connection broke, or the sync of the disk failed. */
export class OutcomeUnknown extends Error {
  override readonly name = 'OutcomeUnknown';
}
