import { WorkerStream, type OutgoingMessage, type StreamOptions } from '../worker-stream.ts';

/** The connection behind a stream whose messages the worker acknowledges. */
export interface AcknowledgedEnds {
  /** Sends one message. */
  write(text: string): void;
  /** Pings the worker. If the worker has not answered the last ping, the connection is closed instead. */
  ping(): void;
  /** Closes the connection. */
  end(): void;
}

/**
 * One worker's connection on which messages are acknowledged. A message counts as delivered when the worker
 * acknowledges it, so there is no settling time. Until then it holds its place in the buffer.
 */
export class AcknowledgedStream extends WorkerStream {
  readonly #ends: AcknowledgedEnds;
  /** Sent and not yet acknowledged, oldest first. */
  #unacknowledged: { message: OutgoingMessage; bytes: number }[] = [];
  #sent = 0;
  /** How many messages of this connection the worker has acknowledged. */
  #acknowledged = 0;

  constructor(options: StreamOptions, ends: AcknowledgedEnds, roomAgain: () => void) {
    super(options, roomAgain);
    this.#ends = ends;
  }

  protected write(message: OutgoingMessage, bytes: number): void {
    this.#unacknowledged.push({ message, bytes });
    this.#sent++;
    this.#ends.write(message.body);
  }

  /**
   * The worker has received the first `count` messages of this connection. On a closed stream this has no effect,
   * because its messages were already reported as lost. It is not an error, because the worker may have sent the
   * acknowledgement before the stream closed.
   * @returns false if the count is impossible: fewer messages were sent, or more were acknowledged before.
   */
  acknowledge(count: number): boolean {
    const more = count - this.#acknowledged;
    if (more < 0 || count > this.#sent) return false;
    this.#acknowledged = count;
    const taken = this.#unacknowledged.splice(0, more);
    for (const { message, bytes } of taken) {
      this.buffer.release(1, bytes);
      message.done(true);
    }
    return true;
  }

  ping(): void {
    if (!this.isClosed) this.#ends.ping();
  }

  /** Does nothing: the WebSocket endpoint asks the worker to leave and waits for the acknowledgements. */
  drain(): Promise<void> {
    return Promise.resolve();
  }

  end(): void {
    this.#ends.end();
  }

  protected lose(): void {
    for (const { message, bytes } of this.#unacknowledged.splice(0)) {
      this.buffer.release(1, bytes);
      message.done(false);
    }
  }
}
