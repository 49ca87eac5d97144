import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { SMALL_ANSWER_BYTES, type ByteBudget } from '../limits/byte-budget.ts';

/** Status by the parser's error code. Other broken HTTP gets a 400. */
const STATUSES: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** How many requests may wait on a connection behind an unread answer. With more, the connection is closed. */
const MAX_WAITING = 1_000;
const MAX_WAITING_BYTES = 256 * 1024;

interface Answers {
  latest: ServerResponse;
  before: ServerResponse | undefined;
  /** Requests that arrived before the client read the answers to earlier ones. */
  waiting: (() => void)[];
  /** How many bytes had arrived on the connection when the first of them began to wait. */
  waitingFrom: number;
}

/**
 * Handles what Node's server does not: broken requests behind valid ones, connections without requests at a stop, and
 * clients that do not read their answers.
 */
export class Connections {
  /** Connections that have not sent a request yet. Load balancers and browsers open some in advance. */
  readonly #silent = new Set<Duplex>();
  readonly #answers = new WeakMap<Duplex, Answers>();
  readonly #broken = new WeakSet<Duplex>();
  readonly #unread: ByteBudget;

  /** @param unread the budget for unread answers of all connections. */
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
   * Handles a request. Requests of one connection are handled one after the other: the next one begins when the
   * operating system has accepted the previous answer. So a client that does not read holds at most one answer in
   * memory.
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
    const isAnswered = latest.writableFinished || latest.closed;
    answers.before = isAnswered ? undefined : latest;
    answers.latest = response;
    if (answers.waiting.length === 0 && isAnswered) handle();
    else this.#wait(socket, answers, latest, handle);
  }

  #wait(socket: Socket, answers: Answers, before: ServerResponse, handle: () => void): void {
    const { waiting } = answers;
    if (waiting.length === 0) answers.waitingFrom = socket.bytesRead;
    waiting.push(handle);
    // Closing is safe, because none of the waiting requests has been started.
    if (waiting.length > MAX_WAITING || socket.bytesRead - answers.waitingFrom > MAX_WAITING_BYTES) {
      waiting.length = 0;
      socket.destroy();
      return;
    }
    before.once('close', () => {
      if (socket.writable) waiting.shift()?.();
    });
  }

  /**
   * Call it after an answer was written. Until the client has read it, it counts towards `server.max_unread_answers`.
   */
  answered(response: ServerResponse, bytes: number): void {
    if (bytes <= SMALL_ANSWER_BYTES || response.writableFinished) return;
    const holding = this.#unread.hold(bytes, () => response.destroy());
    response.once('close', () => holding.release());
  }

  /**
   * Call it when a connection was upgraded to another protocol. From then on the owner of the new protocol closes it.
   */
  upgraded(socket: Duplex): void {
    this.#silent.delete(socket);
  }

  /** Closes connections without a request. When the server stops, Node would wait for them. */
  closeSilent(): void {
    for (const socket of this.#silent) socket.destroy();
  }

  /**
   * Refuses broken HTTP. Earlier requests on the same connection are answered first, because they may have been
   * executed.
   */
  #refuse(socket: Duplex, status = 400): void {
    // Node reports each further part of a broken request again.
    if (this.#broken.has(socket)) return;
    this.#broken.add(socket);
    const refuse = () => socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\n\r\n`);
    const { latest, before } = this.#answers.get(socket) ?? {};
    // A request that arrived only in part is never answered, so do not wait for its answer.
    const last = latest?.req.complete ? latest : before;
    if (!socket.writable || (latest?.headersSent && !latest.writableEnded)) socket.destroy();
    else if (!last || last.writableFinished) refuse();
    else last.once('finish', refuse);
  }
}
