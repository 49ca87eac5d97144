import type { BufferLimits } from './message-buffer.ts';

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
  /** What it may hold that its worker has not taken. */
  limits: BufferLimits;
}

/** One worker's connection, as far as the delivery of messages is concerned. */
export interface WorkerStream {
  readonly group: string;
  readonly id: string;
  /** How many more messages it takes now. */
  readonly room: number;
  /** Takes one place for a message, until that is taken by the worker, or `cancel`. */
  reserve(): void;
  /** Adds the size of a message that has a place; false: it does not fit, and its place must be given back. */
  hold(bytes: number): boolean;
  /** Gives a place back, and the bytes that were held for it. */
  cancel(bytes: number): void;
  /** Sends a message that has a place and for which `bytes` are held. */
  send(parcel: Parcel, bytes: number): void;
  /** Keeps the connection from being closed for its silence. */
  ping(): void;
  /** Ends the connection from this side. */
  end(): void;
  /** The connection is gone: what the worker has not taken is lost. False when it was closed before. */
  close(): boolean;
}
