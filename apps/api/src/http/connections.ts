import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { SMALL_ANSWER_BYTES, type ByteBudget } from './byte-budget.ts';

/** Status by the parser's error code. Other broken HTTP gets a 400. */
const STATUSES: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** A connection on which more requests, or more bytes of them, wait behind an unread answer is closed. */
const MAX_WAITING = 1_000;
const MAX_WAITING_BYTES = 256 * 1024;

interface Answers {
  latest: ServerResponse;
  before: ServerResponse | undefined;
  /** Requests that arrived before the client read the answers to earlier ones. */
  waiting: (() => void)[];
  /** How many bytes had arrived when the first of them began to wait. */
  waitingFrom: number;
}

/** The connections of a server. Node alone would tell clients wrong outcomes, delay a stop or fill the memory. */
export class Connections {
  /** Connections without a request so far. Load balancers and browsers open some in advance. */
  readonly #silent = new Set<Duplex>();
  readonly #answers = new WeakMap<Duplex, Answers>();
  readonly #broken = new WeakSet<Duplex>();
  readonly #unread: ByteBudget;

  /** @param unread for answers that clients have not read yet, of all connections. */
  constructor(server: Server, unread: ByteBudget) {
    this.#unread = unread;
    server.on('connection', (socket) => {
      this.#silent.add(socket);
      socket.once('close', () => this.#silent.delete(socket));
    });
    server.on('clientError', (error: NodeJS.ErrnoException, socket) =>
      this.#refuse(socket, STATUSES[error.code ?? '']),
    );
  }

  /**
   * A request begins. Requests of one connection are handled one after the other: the next one begins when the
   * operating system has taken the answer to the one before, so that an unread connection holds one answer.
   */
  requested({ socket }: IncomingMessage, response: ServerResponse, handle: () => void): void {
    this.#silent.delete(socket);
    const answers = this.#answers.get(socket);
    if (!answers) {
      this.#answers.set(socket, { latest: response, before: undefined, waiting: [], waitingFrom: 0 });
      handle();
      return;
    }
    const { latest } = answers;
    answers.before = latest;
    answers.latest = response;
    if (answers.waiting.length === 0 && (latest.writableFinished || latest.closed)) handle();
    else this.#wait(socket, answers, latest, handle);
  }

  #wait(socket: Socket, answers: Answers, before: ServerResponse, handle: () => void): void {
    const { waiting } = answers;
    if (waiting.length === 0) answers.waitingFrom = socket.bytesRead;
    waiting.push(handle);
    // No waiting request has been started.
    if (waiting.length > MAX_WAITING || socket.bytesRead - answers.waitingFrom > MAX_WAITING_BYTES) {
      waiting.length = 0;
      socket.destroy();
      return;
    }
    before.once('close', () => {
      if (socket.writable) waiting.shift()?.();
    });
  }

  /** An answer of so many bytes was written. While the client does not read it, it counts (`server.max_unread_answers`). */
  answered(response: ServerResponse, bytes: number): void {
    if (bytes <= SMALL_ANSWER_BYTES || response.writableFinished) return;
    const holding = this.#unread.hold(bytes, () => response.destroy());
    response.once('close', () => holding.release());
  }

  /** A connection speaks another protocol from now on: who took it over closes it. */
  upgraded(socket: Duplex): void {
    this.#silent.delete(socket);
  }

  /** Node counts a connection without a request as busy, and would wait for it. */
  closeSilent(): void {
    for (const socket of this.#silent) socket.destroy();
  }

  /** Broken HTTP. Requests before it on the same connection are answered first: they may have been carried out. */
  #refuse(socket: Duplex, status = 400): void {
    // Each further part of a broken request is reported again.
    if (this.#broken.has(socket)) return;
    this.#broken.add(socket);
    const refuse = () => socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\n\r\n`);
    const { latest, before } = this.#answers.get(socket) ?? {};
    // A request that arrived only in part is never answered.
    const last = latest?.req.complete ? latest : before;
    if (!socket.writable || (latest?.headersSent && !latest.writableEnded)) socket.destroy();
    else if (!last || last.writableFinished) refuse();
    else last.once('finish', refuse);
  }
}
