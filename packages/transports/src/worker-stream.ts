/** A message on its way to a worker. */
export interface Parcel {
  /** The message as JSON. */
  body: string;
  /** Called once: with true when the worker has the message, with false when its connection broke before. */
  done(taken: boolean): void;
}

export interface StreamOptions {
  group: string;
  id: string;
  /** Messages it may hold that its worker has not taken. */
  bufferSize: number;
}

/** One worker's connection, as far as the delivery of messages is concerned. */
export interface WorkerStream {
  readonly group: string;
  readonly id: string;
  /** How many more messages it takes now. */
  readonly room: number;
  /** Takes one place for a message, until that is taken by the worker, or `cancel`. */
  reserve(): void;
  cancel(): void;
  /** Sends a message that has a place. */
  send(parcel: Parcel): void;
  /** Keeps the connection from being closed for its silence. */
  ping(): void;
  /** Ends the connection from this side. */
  end(): void;
  /** The connection is gone: what the worker has not taken is lost. False when it was closed before. */
  close(): boolean;
}
