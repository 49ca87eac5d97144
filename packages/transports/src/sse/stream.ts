import { MessageBuffer } from '../message-buffer.ts';
import type { Parcel, StreamOptions, WorkerStream } from '../worker-stream.ts';

/** The connection behind a stream. */
export interface StreamEnds {
  /** Writes text; `flushed` is called when the operating system has it, in the order of the writes. */
  write(text: string, flushed: () => void): void;
  /** Ends the connection cleanly. */
  end(): void;
}

/**
 * How long a stream must stay open after a message left this process before the message counts as taken: a socket
 * accepts bytes that its reader never gets, and a stream that broke usually shows it well within this time.
 */
export const SETTLING_MS = 500;

interface Written {
  parcel: Parcel;
  bytes: number;
  /** When the operating system had it, by `performance.now()`; Infinity before. */
  flushedAt: number;
}

/** One worker's event stream: how much it may hold, and what was written that may yet be lost. */
export class Stream implements WorkerStream {
  readonly group: string;
  readonly id: string;
  readonly #buffer: MessageBuffer;
  readonly #ends: StreamEnds;
  #closed = false;
  #written: Written[] = [];
  #settling: NodeJS.Timeout | null = null;

  constructor({ group, id, limits }: StreamOptions, ends: StreamEnds, roomAgain: () => void) {
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
    const written: Written = { parcel, bytes, flushedAt: Infinity };
    this.#written.push(written);
    this.#ends.write(`data: ${parcel.body}\n\n`, () => this.#flushed(written));
  }

  /** A comment line, which readers ignore: keeps connections open that would be closed for their silence. */
  ping(): void {
    if (!this.#closed) this.#ends.write(': ping\n\n', () => {});
  }

  /** Ends the stream from this side. */
  end(): void {
    this.#ends.end();
  }

  /** The connection is gone: what was just written may not have arrived. False when it was closed before. */
  close(): boolean {
    if (this.#closed) return false;
    this.#closed = true;
    if (this.#settling) clearTimeout(this.#settling);
    for (const { parcel, bytes, flushedAt } of this.#written.splice(0)) {
      if (flushedAt === Infinity) this.#buffer.release(1, bytes);
      parcel.done(false);
    }
    return true;
  }

  /** Only from here on does silence mean anything: what a stalled reader leaves in our own buffer has gone nowhere. */
  #flushed(written: Written): void {
    // Closed: its place was given back.
    if (this.#closed) return;
    written.flushedAt = performance.now();
    this.#buffer.release(1, written.bytes);
    this.#settling ??= setTimeout(() => this.#settle(), SETTLING_MS);
  }

  #settle(): void {
    this.#settling = null;
    const settledBefore = performance.now() - SETTLING_MS + 1;
    const open = this.#written.findIndex(({ flushedAt }) => flushedAt > settledBefore);
    const settled = this.#written.splice(0, open === -1 ? this.#written.length : open);
    const next = this.#written[0]?.flushedAt ?? Infinity;
    if (next < Infinity) this.#settling = setTimeout(() => this.#settle(), next + SETTLING_MS - performance.now());
    for (const { parcel } of settled) parcel.done(true);
  }
}
