import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** By the parser's error code; whatever else is no HTTP gets a 400. */
const STATUSES: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

interface Answers {
  latest: ServerResponse;
  before: ServerResponse | undefined;
}

/** The connections of a server, where Node's own handling would tell a client a wrong outcome or hold up a stop. */
export class Connections {
  /** Opened, as load balancers and browsers do in advance, but no request came yet. */
  readonly #silent = new Set<Duplex>();
  readonly #answers = new WeakMap<Duplex, Answers>();
  readonly #broken = new WeakSet<Duplex>();

  constructor(server: Server) {
    server.on('connection', (socket) => {
      this.#silent.add(socket);
      socket.once('close', () => this.#silent.delete(socket));
    });
    server.on('clientError', (error: NodeJS.ErrnoException, socket) =>
      this.#refuse(socket, STATUSES[error.code ?? '']),
    );
  }

  /** A request begins. */
  requested({ socket }: IncomingMessage, response: ServerResponse): void {
    this.#silent.delete(socket);
    const answers = this.#answers.get(socket);
    if (answers) {
      answers.before = answers.latest;
      answers.latest = response;
    } else {
      this.#answers.set(socket, { latest: response, before: undefined });
    }
  }

  /** A connection speaks another protocol from now on: who took it over closes it. */
  upgraded(socket: Duplex): void {
    this.#silent.delete(socket);
  }

  /** Node takes a connection without a request for a busy one and would wait for it. */
  closeSilent(): void {
    for (const socket of this.#silent) socket.destroy();
  }

  /** Broken HTTP. Requests before it on the same connection are answered first: they may have been carried out. */
  #refuse(socket: Duplex, status = 400): void {
    // Every further piece of it is an error again.
    if (this.#broken.has(socket)) return;
    this.#broken.add(socket);
    const refuse = () => socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n\r\n`);
    const { latest, before } = this.#answers.get(socket) ?? {};
    // What came in part only is never answered.
    const last = latest?.req.complete ? latest : before;
    if (!socket.writable || (latest?.headersSent && !latest.writableEnded)) socket.destroy();
    else if (!last || last.writableFinished) refuse();
    else last.once('finish', refuse);
  }
}
