import { ResonateTimeoutException, type Request, type Response } from '@resonatehq/sdk';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { textOf } from './early-answers.ts';

export interface ConnectionOptions {
  /** `ws://…/connect/{group}/{id}`. */
  url: string;
  token: string | undefined;
  /** Limit for opening the connection, and for each request until its answer. */
  timeoutMs: number;
}

/** Events that a connection reports to its network. */
export interface ConnectionEvents {
  opened(): void;
  received(message: unknown): void;
  /**
   * The server is shutting down, or the token has expired. The connection accepts no further requests and closes when the
   * last one is answered.
   */
  draining(): void;
  /** Called once, even if the connection never opened. */
  closed(reason: string, code: number): void;
}

/** A received frame: an answer, a message, or the server's request to leave (`drain`). */
interface Frame {
  kind?: unknown;
  head?: { corrId?: unknown; status?: unknown };
  data?: unknown;
  drain?: unknown;
}

interface Pending {
  request: Request;
  /** From `performance.now()`. */
  deadline: number;
  resolve(response: Response): void;
  reject(error: Error): void;
}

/**
 * The statuses that are answers of the protocol. With any other status the request fails with ResonateTimeoutException,
 * as in the SDK's own HttpNetwork.
 */
const PROTOCOL_STATUSES: ReadonlySet<unknown> = new Set([200, 300, 404, 409, 422, 501]);
/** A connection that is silent for this long is closed. The server sends a ping every 15 s. */
const SILENCE_MS = 45_000;
/** How many characters of a server's answer are logged or in an error, if it refuses a connection or a request. */
const MAX_REFUSAL = 1_000;
/** A server that does not answer the close frame within this time is not waited for. */
const CLOSE_MS = 1_000;

/** The connection ended before the answer arrived. The request may or may not have taken effect. */
export class ConnectionLost extends ResonateTimeoutException {}

/** The request was not sent, because the server would not accept its size. */
export class RequestTooLarge extends ResonateTimeoutException {}

/** The server answered with a status that is not one of the protocol, such as 400. */
export class UnexpectedStatus extends ResonateTimeoutException {}

/** One WebSocket from its opening to its end. */
export class Connection {
  readonly #socket: WebSocket;
  readonly #events: ConnectionEvents;
  readonly #timeoutMs: number;
  readonly #token: string | undefined;
  /** By `corrId`, oldest first. */
  readonly #pending = new Map<string, Pending>();
  #raw: Socket | null = null;
  #corked = false;
  #maxFrame = Infinity;
  #messages = 0;
  #isAcknowledging = false;
  #retired = false;
  #heardAt = performance.now();
  #closeReason: string | null = null;
  #expiry: NodeJS.Timeout | null = null;
  readonly #silence: NodeJS.Timeout;

  constructor({ url, token, timeoutMs }: ConnectionOptions, events: ConnectionEvents) {
    this.#timeoutMs = timeoutMs;
    this.#token = token;
    this.#events = events;
    const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
    const socket = new WebSocket(url, { headers, handshakeTimeout: timeoutMs, perMessageDeflate: false });
    this.#socket = socket;
    this.#silence = setInterval(() => this.#checkSilence(), SILENCE_MS / 3);
    socket.on('upgrade', (response) => this.#upgraded(response));
    socket.on('open', () => events.opened());
    socket.on('ping', () => (this.#heardAt = performance.now()));
    socket.on('message', (data: Buffer) => this.#receive(data.toString()));
    socket.on('unexpected-response', (_, response) => void this.#refused(response));
    socket.on('error', (error) => (this.#closeReason ??= error.message));
    socket.on('close', (code, reason) => this.#closed(code, String(reason)));
  }

  /**
   * Sends a request.
   * Rejects with ResonateTimeoutException if there is no answer in time, with UnexpectedStatus if its status is not one
   * of the protocol, with ConnectionLost if the connection ends before the answer, and with RequestTooLarge, without
   * sending it, if the server would not accept its size.
   */
  request(request: Request): Promise<Response> {
    // Clients choose the corrId. If two running requests have the same one, the second gets a different one on the
    // wire.
    const given = request.head.corrId;
    const corrId = this.#pending.has(given) ? `${given}/${crypto.randomUUID()}` : given;
    const text = JSON.stringify(corrId === given ? request : { ...request, head: { ...request.head, corrId } });
    if (text.length > this.#maxFrame / 3 && Buffer.byteLength(text) > this.#maxFrame) {
      return Promise.reject(
        new RequestTooLarge(`the request is larger than the ${this.#maxFrame} bytes that the server accepts`),
      );
    }
    return new Promise((resolve, reject) => {
      this.#pending.set(corrId, { request, deadline: performance.now() + this.#timeoutMs, resolve, reject });
      this.#expiry ??= setTimeout(() => this.#expire(), this.#timeoutMs);
      this.#send(text);
    });
  }

  /** Closes the connection when the last request is answered. */
  retire(): void {
    this.#retired = true;
    if (this.#pending.size === 0) this.#socket.close(1000);
  }

  /**
   * Closes the connection. Requests that are still not answered when the server has closed its side fail, after a second at
   * the latest.
   */
  close(): void {
    this.#closeReason ??= 'the network was stopped';
    this.#socket.close(1000);
    // Otherwise a server that does not answer would keep the process alive for 30 s.
    setTimeout(() => this.#socket.terminate(), CLOSE_MS).unref();
  }

  /** All frames of one turn of the event loop leave in one write. */
  #send(text: string): void {
    const raw = this.#raw;
    if (raw && !this.#corked) {
      this.#corked = true;
      raw.cork();
      process.nextTick(() => {
        this.#corked = false;
        raw.uncork();
      });
    }
    // Ignore the result: the answer shows that the frame arrived. If the connection ends, all requests without an
    // answer fail.
    this.#socket.send(text, () => {});
  }

  #upgraded({ socket, headers }: IncomingMessage): void {
    this.#raw = socket;
    socket.setNoDelay(true);
    const maxFrame = Number(headers['resonate-max-frame']);
    if (maxFrame > 0) this.#maxFrame = maxFrame;
  }

  async #refused(response: IncomingMessage): Promise<void> {
    let body = '';
    try {
      for await (const chunk of response) {
        body += String(chunk);
        if (body.length > MAX_REFUSAL) break;
      }
    } catch {
      // Ignore the error: the status is enough for the log.
    }
    // A proxy may repeat the request in its answer. The token must not reach logs.
    const told = this.#token ? body.replaceAll(this.#token, '(token)') : body;
    this.#closeReason ??= `HTTP ${response.statusCode ?? 0} ${told.slice(0, MAX_REFUSAL)}`;
    this.#socket.terminate();
  }

  #receive(text: string): void {
    this.#heardAt = performance.now();
    let frame: Frame;
    try {
      frame = JSON.parse(text) as Frame;
    } catch {
      this.#closeReason ??= 'the server sent a frame that is not JSON';
      this.#socket.terminate();
      return;
    }
    if (frame.drain === true) {
      this.#events.draining();
    } else if (typeof frame.head?.corrId === 'string') {
      this.#answered(frame.head.corrId, frame);
    } else {
      this.#messages++;
      this.#acknowledge();
      this.#events.received(frame);
    }
  }

  #answered(corrId: string, frame: Frame): void {
    const pending = this.#pending.get(corrId);
    // The answer arrived after the timeout.
    if (!pending) return;
    this.#pending.delete(corrId);
    const status = frame.head?.status;
    if (!PROTOCOL_STATUSES.has(status)) {
      const reason = textOf(frame.data ?? '').slice(0, MAX_REFUSAL);
      pending.reject(new UnexpectedStatus(`the server answered ${String(status)}: ${reason}`));
    } else if (frame.kind !== pending.request.kind) {
      pending.reject(new ResonateTimeoutException('response did not match request'));
    } else {
      const response = frame as Response;
      response.head.corrId = pending.request.head.corrId;
      pending.resolve(response);
    }
    if (this.#retired) this.retire();
  }

  /** Acknowledges all messages of one turn of the event loop with one frame. */
  #acknowledge(): void {
    if (this.#isAcknowledging) return;
    this.#isAcknowledging = true;
    process.nextTick(() => {
      this.#isAcknowledging = false;
      this.#send(`{"ack":${this.#messages}}`);
    });
  }

  /** Fails the requests that have waited too long. All have the same timeout, so the oldest expires first. */
  #expire(): void {
    this.#expiry = null;
    const now = performance.now();
    for (const [corrId, { deadline, reject }] of this.#pending) {
      if (deadline > now) {
        this.#expiry = setTimeout(() => this.#expire(), deadline - now);
        break;
      }
      this.#pending.delete(corrId);
      reject(new ResonateTimeoutException(`no answer within ${this.#timeoutMs} ms`));
    }
    if (this.#retired) this.retire();
  }

  #checkSilence(): void {
    if (performance.now() - this.#heardAt < SILENCE_MS) return;
    this.#closeReason ??= `the server was silent for ${SILENCE_MS / 1000} s`;
    this.#socket.terminate();
  }

  #closed(code: number, reason: string): void {
    clearInterval(this.#silence);
    const why = this.#closeReason ?? `closed with ${code}${reason === '' ? '' : ` (${reason})`}`;
    if (this.#expiry) clearTimeout(this.#expiry);
    for (const { reject } of this.#pending.values()) reject(new ConnectionLost(why));
    this.#pending.clear();
    this.#events.closed(why, code);
  }
}
