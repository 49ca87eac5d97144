import type { Parcel, StreamOptions, WorkerStream } from '../worker-stream.ts';

/** The connection behind a stream whose messages the worker acknowledges. */
export interface AcknowledgedEnds {
  /** Sends one message. */
  write(text: string): void;
  /** Asks the worker for a sign of life; a connection that gave none since the last time is cut. */
  ping(): void;
  /** Closes the connection. */
  end(): void;
}

/**
 * One worker's connection on which messages are acknowledged. A message counts as taken when the worker says that it has
 * it, so there is no settling time, and it holds its place in the buffer until then.
 */
export class AcknowledgedStream implements WorkerStream {
  readonly group: string;
  readonly id: string;
  readonly #bufferSize: number;
  readonly #ends: AcknowledgedEnds;
  readonly #roomAgain: () => void;
  #held = 0;
  #closed = false;
  /** Sent and not yet acknowledged, oldest first. */
  #unacknowledged: Parcel[] = [];
  /** How many messages of this connection the worker has. */
  #acknowledged = 0;

  constructor({ group, id, bufferSize }: StreamOptions, ends: AcknowledgedEnds, roomAgain: () => void) {
    this.group = group;
    this.id = id;
    this.#bufferSize = bufferSize;
    this.#ends = ends;
    this.#roomAgain = roomAgain;
  }

  get room(): number {
    return this.#closed ? 0 : Math.max(0, this.#bufferSize - this.#held);
  }

  reserve(): void {
    this.#held++;
  }

  cancel(): void {
    this.#release(1);
  }

  send(parcel: Parcel): void {
    if (this.#closed) {
      parcel.done(false);
      return;
    }
    this.#unacknowledged.push(parcel);
    this.#ends.write(parcel.body);
  }

  /**
   * The worker has the first `count` messages of this connection.
   * @returns false when it can't be: fewer were sent, or it had more before.
   */
  acknowledge(count: number): boolean {
    const more = count - this.#acknowledged;
    if (more < 0 || more > this.#unacknowledged.length) return false;
    this.#acknowledged = count;
    const taken = this.#unacknowledged.splice(0, more);
    this.#release(more);
    for (const parcel of taken) parcel.done(true);
    return true;
  }

  ping(): void {
    if (!this.#closed) this.#ends.ping();
  }

  end(): void {
    this.#ends.end();
  }

  close(): boolean {
    if (this.#closed) return false;
    this.#closed = true;
    for (const parcel of this.#unacknowledged.splice(0)) parcel.done(false);
    return true;
  }

  #release(count: number): void {
    const wasFull = this.room === 0;
    this.#held -= count;
    if (wasFull && count > 0) this.#roomAgain();
  }
}
