import type { BufferLimits } from './message-buffer.ts';

/** A message to send to a worker. */
export interface Parcel {
  /** The message as JSON. */
  body: string;
  /** Called once: with true when the worker has the message, with false if its connection broke before. */
  done(taken: boolean): void;
}

export interface StreamOptions {
  group: string;
  id: string;
  /** Limits for messages that the worker has not received. */
  limits: BufferLimits;
}

/** The part of a worker's connection that message delivery uses. */
export interface WorkerStream {
  readonly group: string;
  readonly id: string;
  /** How many more messages fit now. */
  readonly room: number;
  /** Reserves one place for a message, until the worker has received it or `cancel` is called. */
  reserve(): void;
  /**
   * Adds the size of a message that has a place. If it returns false, the message does not fit and its place must be
   * given back.
   */
  hold(bytes: number): boolean;
  /** Gives back a place, and the bytes that were held for it. */
  cancel(bytes: number): void;
  /** Sends a message that has a place and for which `bytes` are held. */
  send(parcel: Parcel, bytes: number): void;
  /** Keeps an idle connection from being closed. */
  ping(): void;
  /**
   * Stops accepting messages. Resolves when it is known whether the sent messages arrived, or after a short timeout.
   */
  drain(): Promise<void>;
  /** Closes the connection from this side. */
  end(): void;
  /**
   * Call it when the connection is closed. Messages that the worker has not received are lost. @returns false if it was
   * closed before.
   */
  close(): boolean;
}
