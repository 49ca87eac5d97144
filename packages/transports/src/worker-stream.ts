import { MessageBuffer, type BufferLimits } from './message-buffer.ts';

/** A message to send to a worker. */
export interface OutgoingMessage {
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

/** A worker's connection, as message delivery uses it. Each kind of connection knows when a message was received. */
export abstract class WorkerStream {
  readonly group: string;
  readonly id: string;
  protected readonly buffer: MessageBuffer;
  protected isClosed = false;

  /** @param roomAgain called when a full stream has room again. */
  constructor({ group, id, limits }: StreamOptions, roomAgain: () => void) {
    this.group = group;
    this.id = id;
    this.buffer = new MessageBuffer(limits, roomAgain);
  }

  /** How many more messages fit now. */
  get room(): number {
    return this.isClosed ? 0 : this.buffer.room;
  }

  /** Reserves one place for a message, until the worker has received it or `cancel` is called. */
  reserve(): void {
    this.buffer.reserve();
  }

  /**
   * Adds the size of a message that has a place. If it returns false, the message does not fit and its place must be
   * given back.
   */
  hold(bytes: number): boolean {
    return !this.isClosed && this.buffer.hold(bytes);
  }

  /** Gives back a place, and the bytes that were held for it. */
  cancel(bytes: number): void {
    this.buffer.release(1, bytes);
  }

  /** Sends a message that has a place and for which `bytes` are held. */
  send(message: OutgoingMessage, bytes: number): void {
    if (!this.isClosed) return this.write(message, bytes);
    this.cancel(bytes);
    message.done(false);
  }

  /**
   * Call it when the connection is closed. Messages that the worker has not received are lost. @returns false if it was
   * closed before.
   */
  close(): boolean {
    if (this.isClosed) return false;
    this.isClosed = true;
    this.lose();
    return true;
  }

  /** Keeps an idle connection from being closed. */
  abstract ping(): void;

  /**
   * Stops accepting messages. Resolves when it is known whether the sent messages arrived, or after a short timeout.
   */
  abstract drain(): Promise<void>;

  /** Closes the connection from this side. */
  abstract end(): void;

  /** Writes a message, and releases its place when the worker has received it. */
  protected abstract write(message: OutgoingMessage, bytes: number): void;

  /** Reports the messages that the worker has not received as lost, and releases their places. */
  protected abstract lose(): void;
}
