import { WorkerStream, type OutgoingMessage, type StreamOptions } from '../worker-stream.ts';

/** The connection behind a stream. */
export interface StreamEnds {
  /** Writes text. Calls `flushed` when the operating system has it, in the order of the writes. */
  write(text: string, flushed: () => void): void;
  /** Closes the connection cleanly. */
  end(): void;
}

/**
 * How long a stream must stay open after a message left this process, before the message counts as delivered. A socket
 * accepts bytes even if its reader never gets them. A broken connection is usually noticed within this time.
 */
export const SETTLING_MS = 500;

/** Long enough to settle messages that were written just before the drain. */
const DRAINED_WITHIN_MS = SETTLING_MS + 50;

interface Written {
  message: OutgoingMessage;
  bytes: number;
  /** When the operating system accepted it, from `performance.now()`; Infinity before that. */
  flushedAt: number;
}

/** One worker's event stream, and the written messages that may still be lost. */
export class Stream extends WorkerStream {
  readonly #ends: StreamEnds;
  #draining = false;
  /** Resolves the promise of `drain`. */
  #drained: () => void = () => {};
  #written: Written[] = [];
  #settling: NodeJS.Timeout | null = null;

  constructor(options: StreamOptions, ends: StreamEnds, roomAgain: () => void) {
    super(options, roomAgain);
    this.#ends = ends;
  }

  override get room(): number {
    return this.#draining ? 0 : super.room;
  }

  protected write(message: OutgoingMessage, bytes: number): void {
    const written: Written = { message, bytes, flushedAt: Infinity };
    this.#written.push(written);
    this.#ends.write(`data: ${message.body}\n\n`, () => this.#flushed(written));
  }

  /** Writes a comment line, which readers ignore. It keeps proxies from closing an idle connection. */
  ping(): void {
    if (!this.isClosed) this.#ends.write(': ping\n\n', () => {});
  }

  drain(): Promise<void> {
    this.#draining = true;
    if (this.#written.length === 0) return Promise.resolve();
    return new Promise((resolve) => {
      // Messages that a stalled reader has not received by then will not settle.
      const timer = setTimeout(resolve, DRAINED_WITHIN_MS);
      this.#drained = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  end(): void {
    this.#ends.end();
  }

  /** Messages that have not settled are lost, too. */
  protected lose(): void {
    if (this.#settling) clearTimeout(this.#settling);
    for (const { message, bytes, flushedAt } of this.#written.splice(0)) {
      if (flushedAt === Infinity) this.buffer.release(1, bytes);
      message.done(false);
    }
    this.#drained();
  }

  /** The settling time begins here. Before this, the message was only in this process's own buffer. */
  #flushed(written: Written): void {
    // The stream has closed, and `lose` gave the place back.
    if (this.isClosed) return;
    written.flushedAt = performance.now();
    this.buffer.release(1, written.bytes);
    this.#settling ??= setTimeout(() => this.#settle(), SETTLING_MS);
  }

  #settle(): void {
    this.#settling = null;
    const settledBefore = performance.now() - SETTLING_MS + 1;
    const open = this.#written.findIndex(({ flushedAt }) => flushedAt > settledBefore);
    const settled = this.#written.splice(0, open === -1 ? this.#written.length : open);
    const next = this.#written[0]?.flushedAt ?? Infinity;
    if (next < Infinity) this.#settling = setTimeout(() => this.#settle(), next + SETTLING_MS - performance.now());
    for (const { message } of settled) message.done(true);
    if (this.#written.length === 0) this.#drained();
  }
}
