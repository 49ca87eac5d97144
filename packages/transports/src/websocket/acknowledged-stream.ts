import { MessageBuffer } from '../message-buffer.ts';
import type { Parcel, StreamOptions, WorkerStream } from '../worker-stream.ts';

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
export class AcknowledgedStream implements WorkerStream {
  readonly group: string;
  readonly id: string;
  readonly #buffer: MessageBuffer;
  readonly #ends: AcknowledgedEnds;
  #closed = false;
  /** Sent and not yet acknowledged, oldest first. */
  #unacknowledged: { parcel: Parcel; bytes: number }[] = [];
  #sent = 0;
  /** How many messages of this connection the worker has acknowledged. */
  #acknowledged = 0;

  constructor({ group, id, limits }: StreamOptions, ends: AcknowledgedEnds, roomAgain: () => void) {
    this.group = group;
    this.id = id;
    this.#buffer = new MessageBuffer(limits, roomAgain);
    this.#ends = ends;
  }

  get room(): number {
    return this.#closed ? 0 : this.#buffer.room;
  }

  reserve(): void {
    this.#buffer.reserve();
  }

  hold(bytes: number): boolean {
    return !this.#closed && this.#buffer.hold(bytes);
  }

  cancel(bytes: number): void {
    this.#buffer.release(1, bytes);
  }

  send(parcel: Parcel, bytes: number): void {
    if (this.#closed) {
      this.#buffer.release(1, bytes);
      parcel.done(false);
      return;
    }
    this.#unacknowledged.push({ parcel, bytes });
    this.#sent++;
    this.#ends.write(parcel.body);
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
    for (const { parcel, bytes } of taken) {
      this.#buffer.release(1, bytes);
      parcel.done(true);
    }
    return true;
  }

  ping(): void {
    if (!this.#closed) this.#ends.ping();
  }

  /** Does nothing: the WebSocket endpoint asks the worker to leave and waits for the acknowledgements. */
  drain(): Promise<void> {
    return Promise.resolve();
  }

  end(): void {
    this.#ends.end();
  }

  close(): boolean {
    if (this.#closed) return false;
    this.#closed = true;
    for (const { parcel, bytes } of this.#unacknowledged.splice(0)) {
      this.#buffer.release(1, bytes);
      parcel.done(false);
    }
    return true;
  }
}
