/** The database cannot be reached or is shutting down. Nothing was committed. Clients get a 503. */
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

/** A request that is too large for the database, even in a batch of its own. Nothing was committed. Clients get a 400. */
export class RequestTooLarge extends Error {
  override readonly name = 'RequestTooLarge';
}

/** The connection broke during the commit, and the process could not find out whether the batch was committed. */
export class OutcomeUnknown extends Error {
  override readonly name = 'OutcomeUnknown';
}
