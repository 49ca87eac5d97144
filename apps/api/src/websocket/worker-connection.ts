import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import type { AcknowledgedStream } from '@resonate/transports';
import type { WebSocket } from 'ws';
import { SMALL_ANSWER_BYTES, type ByteBudget } from '../http/byte-budget.ts';
import type { Rpc } from '../rpc.ts';

export interface ConnectionLimits {
  /** Requests of one connection that may be under way; beyond, the connection is not read (transports.websocket.max_in_flight). */
  maxInFlight: number;
  /** The same in bytes. */
  maxInFlightBytes: number;
  /** Bytes that may wait for a client that does not read; beyond, it is cut off (transports.websocket.max_unread). */
  maxUnread: number;
}

export interface ConnectionOptions {
  rpc: Rpc;
  /** Of the request that opened the connection: its token serves requests without one of their own. */
  headers: IncomingHttpHeaders;
  limits: ConnectionLimits;
  /** For what clients have not read yet, of all connections. When it is full, the connection of the oldest is cut off. */
  unread: ByteBudget;
}

/** Close codes (RFC 6455 section 7.4): what a worker's network makes of them is in docs/protocol.md. */
const CLOSE = { unsupported: 1003, policy: 1008, restart: 1012, replaced: 4409 } as const;

/** While more than this waits for the client to read, no further requests are read from it. */
const UNREAD_PAUSE = 1024 * 1024;
/** How long after "drain" a client may still send requests. Then its connection is closed between two of them. */
const DRAIN_GRACE_MS = 1_000;
const DRAIN = JSON.stringify({ drain: true });
const ACKNOWLEDGEMENT = /^\{"ack":(\d{1,15})\}$/;
/** No acknowledgement is longer. */
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
  #corked = false;
  #heard = true;
  #drained = false;
  #graceOver = false;

  /** @param raw the connection below `socket`. */
  constructor(socket: WebSocket, raw: Duplex, options: ConnectionOptions) {
    this.#socket = socket;
    this.#raw = raw;
    this.#options = options;
    socket.on('message', (data: Buffer, isBinary: boolean) => this.#receive(data, isBinary));
    socket.on('pong', () => (this.#heard = true));
    // The `close` event that follows reports the reason.
    socket.on('error', () => {});
    raw.on('drain', () => this.#regulate());
  }

  /** Gets the client's acknowledgements. */
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
    if (text.length <= SMALL_ANSWER_BYTES) {
      this.#socket.send(text);
      return;
    }
    const holding = this.#options.unread.hold(text.length, () => this.#socket.terminate());
    this.#socket.send(text, () => holding.release());
  }

  /** Closes the connection if the client sent nothing since the last ping. */
  ping(): void {
    // Its pong may wait behind requests that we do not read.
    const isWaitingForUs = this.#socket.isPaused && this.#socket.bufferedAmount < UNREAD_PAUSE;
    if (!this.#heard && !isWaitingForUs) {
      this.#socket.terminate();
      return;
    }
    this.#heard = false;
    this.#socket.ping();
  }

  /** The client has opened a new connection. */
  replace(): void {
    this.#socket.close(CLOSE.replaced, 'another connection has this group and id');
  }

  /** Asks the client to connect elsewhere, answers what it has sent, and closes. */
  drain(): void {
    if (this.#drained) return;
    this.#drained = true;
    this.send(DRAIN);
    const grace = setTimeout(() => {
      this.#graceOver = true;
      this.#closeWhenIdle();
    }, DRAIN_GRACE_MS);
    this.#socket.once('close', () => clearTimeout(grace));
  }

  terminate(): void {
    this.#socket.terminate();
  }

  #receive(data: Buffer, isBinary: boolean): void {
    this.#heard = true;
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
   * Carries out what waits. While too much is under way or unread the connection is not read, so that TCP holds the
   * client back; what waits then is the rest of what was read at once.
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
    // It runs after all callbacks of promises that are resolved now, so all answers of a batch are in one write.
    process.nextTick(() => {
      this.#corked = false;
      this.#raw.uncork();
    });
  }

  #closeWhenIdle(): void {
    if (this.#graceOver && this.#inFlight + this.#waiting.length === 0)
      this.#socket.close(CLOSE.restart, 'the server stops');
  }
}
