import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import type { AcknowledgedStream } from '@resonate/transports';
import type { WebSocket } from 'ws';
import { SMALL_ANSWER_BYTES, type ByteBudget, type Holding } from '../limits/byte-budget.ts';
import type { Rpc } from '../rpc.ts';

export interface ConnectionLimits {
  /**
   * Maximum number of running requests of one connection. At the limit, reading from the connection pauses
   * (transports.websocket.max_in_flight).
   */
  maxInFlight: number;
  /** The same limit in bytes. */
  maxInFlightBytes: number;
  /**
   * Maximum number of bytes that wait for a client that does not read. Beyond it the connection is closed
   * (transports.websocket.max_unread).
   */
  maxUnread: number;
}

export interface ConnectionOptions {
  rpc: Rpc;
  /** The headers of the upgrade request. Requests without their own token use the token in them. */
  headers: IncomingHttpHeaders;
  limits: ConnectionLimits;
  budgets: ConnectionBudgets;
}

/** Limits that all connections share. When one is exceeded, the connection that has held bytes for longest is closed. */
export interface ConnectionBudgets {
  /** For answers that clients have not read. */
  unread: ByteBudget;
  /** For frames that have arrived only in part. */
  unfinished: ByteBudget;
}

/** Close codes (RFC 6455 section 7.4). docs/protocol.md says how clients react to each. */
const CLOSE = { unsupported: 1003, policy: 1008, restart: 1012, replaced: 4409 } as const;

/** While more bytes than this wait for the client to read, reading from it pauses. */
const UNREAD_PAUSE = 1024 * 1024;
/**
 * How long after "drain" a client may still send requests. Then the connection is closed as soon as no request is
 * running.
 */
const DRAIN_GRACE_MS = 1_000;
const DRAIN = JSON.stringify({ drain: true });
const ACKNOWLEDGEMENT = /^\{"ack":(\d{1,15})\}$/;
/** Each chunk of an unfinished frame counts as this many bytes more, because a client may send each byte as a chunk. */
const CHUNK_BYTES = 256;
/** The header of a ping or pong of a client. */
const CONTROL_HEADER_BYTES = 6;
/** The length of the longest acknowledgement. */
const ACKNOWLEDGEMENT_BYTES = '{"ack":}'.length + 15;

/** One worker's WebSocket: requests in, answers and messages out. */
export class WorkerConnection {
  readonly #socket: WebSocket;
  readonly #raw: Duplex;
  readonly #options: ConnectionOptions;
  #stream: AcknowledgedStream | null = null;
  /** Requests that were read but not started. */
  readonly #waiting: Buffer[] = [];
  #inFlight = 0;
  #inFlightBytes = 0;
  /** What is held for a frame that has arrived only in part. */
  #unfinished: Holding | null = null;
  /** The bytes of pings and pongs in the chunk that is being read, and whether a frame ended in it. */
  #controlBytes = 0;
  #frameEnded = false;
  #corked = false;
  #heard = true;
  #drained = false;
  /** Why the connection is closed as soon as no request is in flight. */
  #closesFor: string | null = null;

  /** @param raw the connection below `socket`. */
  constructor(socket: WebSocket, raw: Duplex, options: ConnectionOptions) {
    this.#socket = socket;
    this.#raw = raw;
    this.#options = options;
    socket.on('message', (data: Buffer, isBinary: boolean) => this.#receive(data, isBinary));
    socket.on('ping', (data) => this.#control(data));
    socket.on('pong', (data) => {
      this.#heard = true;
      this.#control(data);
    });
    socket.on('close', () => this.#unfinished?.release());
    // The `close` event that follows reports the reason.
    socket.on('error', () => {});
    raw.on('drain', () => this.#regulate());
    // The WebSocket's own listener has run before: it has emitted everything that ends in this chunk.
    raw.on('data', (chunk: Buffer) => this.#arrived(chunk.length));
  }

  /** Sets the stream that gets the client's acknowledgements. */
  attach(stream: AcknowledgedStream): void {
    this.#stream = stream;
  }

  /** Sends a frame. All frames of one turn of the event loop leave in one write. */
  send(text: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > this.#options.limits.maxUnread) {
      this.#socket.terminate();
      return;
    }
    this.#cork();
    // Many small answers that the client does not read are as large as a large one.
    if (text.length <= SMALL_ANSWER_BYTES && this.#socket.bufferedAmount <= SMALL_ANSWER_BYTES) {
      this.#socket.send(text);
      return;
    }
    const holding = this.#options.budgets.unread.hold(Buffer.byteLength(text), () => this.#socket.terminate());
    this.#socket.send(text, () => holding.release());
  }

  /** Closes the connection if the client sent nothing since the last ping. */
  ping(): void {
    // While reading is paused, the pong may wait behind requests that were not read yet.
    const isWaitingForUs = this.#socket.isPaused && this.#socket.bufferedAmount < UNREAD_PAUSE;
    if (!this.#heard && !isWaitingForUs) {
      this.#socket.terminate();
      return;
    }
    this.#heard = false;
    this.#socket.ping();
  }

  /** Closes this connection, because the client has opened a new one. */
  replace(): void {
    this.#socket.close(CLOSE.replaced, 'another connection has this group and id');
  }

  /**
   * Asks the client to connect again, answers the requests that it has sent, and closes.
   * @param reason for the close frame
   */
  drain(reason: string): void {
    if (this.#drained) return;
    this.#drained = true;
    this.send(DRAIN);
    const grace = setTimeout(() => {
      this.#closesFor = reason;
      this.#closeWhenIdle();
    }, DRAIN_GRACE_MS);
    this.#socket.once('close', () => clearTimeout(grace));
  }

  terminate(): void {
    this.#socket.terminate();
  }

  #control(data: Buffer): void {
    this.#controlBytes += CONTROL_HEADER_BYTES + data.length;
  }

  /** Counts the bytes of a frame that has arrived only in part. */
  #arrived(bytes: number): void {
    const ofFrames = bytes - this.#controlBytes;
    this.#controlBytes = 0;
    if (this.#frameEnded) {
      // The chunk may also contain the beginning of the next frame. It is small, so it is not counted.
      this.#frameEnded = false;
    } else if (ofFrames > 0) {
      this.#unfinished ??= this.#options.budgets.unfinished.hold(0, () => this.#socket.terminate());
      this.#unfinished.add(ofFrames + CHUNK_BYTES);
    }
  }

  #receive(data: Buffer, isBinary: boolean): void {
    this.#heard = true;
    this.#frameEnded = true;
    this.#unfinished?.release();
    this.#unfinished = null;
    if (isBinary) {
      this.#socket.close(CLOSE.unsupported, 'frames are JSON text');
      return;
    }
    const acknowledged = data.length <= ACKNOWLEDGEMENT_BYTES ? ACKNOWLEDGEMENT.exec(data.toString('latin1')) : null;
    if (!acknowledged) {
      this.#waiting.push(data);
      this.#regulate();
    } else if (this.#stream?.acknowledge(Number(acknowledged[1])) === false) {
      this.#socket.close(CLOSE.policy, 'acknowledges messages that were not sent');
    }
  }

  async #answer(request: Buffer): Promise<void> {
    this.#inFlight++;
    this.#inFlightBytes += request.length;
    const { rpc, headers } = this.#options;
    const { body } = await rpc.answer(request, headers);
    this.#inFlight--;
    this.#inFlightBytes -= request.length;
    this.send(body);
    this.#regulate();
    this.#closeWhenIdle();
  }

  /**
   * Starts waiting requests, then pauses or resumes reading. While too many requests are running or too many bytes are
   * unread, reading pauses, so that TCP slows the client down. Requests may still wait then, because one read can
   * contain several.
   */
  #regulate(): void {
    for (let request; !this.#isBusy() && (request = this.#waiting.shift());) void this.#answer(request);
    const isBehind = this.#isBusy() || this.#waiting.length > 0;
    if (isBehind === this.#socket.isPaused) return;
    if (isBehind) this.#socket.pause();
    else this.#socket.resume();
  }

  #isBusy(): boolean {
    const { maxInFlight, maxInFlightBytes } = this.#options.limits;
    return (
      this.#inFlight >= maxInFlight ||
      this.#inFlightBytes >= maxInFlightBytes ||
      this.#socket.bufferedAmount >= UNREAD_PAUSE
    );
  }

  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#raw.cork();
    // nextTick runs after the callbacks of all promises that are resolved now, so all answers of a batch leave in one
    // write.
    process.nextTick(() => {
      this.#corked = false;
      this.#raw.uncork();
    });
  }

  #closeWhenIdle(): void {
    if (this.#closesFor !== null && this.#inFlight + this.#waiting.length === 0) {
      this.#socket.close(CLOSE.restart, this.#closesFor);
    }
  }
}
