import { connect, type Socket } from 'node:net';

export interface Reply {
  status: number;
  body: Buffer;
}

interface Pending {
  resolve: (reply: Reply) => void;
  reject: (error: Error) => void;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const NOTHING = Buffer.alloc(0);

/**
 * An HTTP/1.1 keep-alive connection on a raw socket, with one request at a time. It does as little work per request as
 * Node allows, so that the load generator is not the limit. It reads only answers with a content-length.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #head: string;
  #pending: Pending | undefined;
  #received: Buffer = NOTHING;
  #isClosed = false;
  /** Requests sent so far. */
  requests = 0;

  private constructor(socket: Socket, host: string) {
    this.#socket = socket;
    this.#head = `POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: `;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => {
      this.#isClosed = true;
      this.#fail(new Error('the server closed the connection'));
    });
  }

  static async open(url: string): Promise<Connection> {
    const { hostname, port, host } = new URL(url);
    return new Promise((resolve, reject) => {
      const socket = connect({ host: hostname, port: Number(port) });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new Connection(socket, host));
      });
    });
  }

  /** POSTs a body of ASCII characters. */
  request(body: string): Promise<Reply> {
    if (this.#pending) throw new Error('a request is already in flight');
    if (this.#isClosed) throw new Error('the server closed the connection before the request');
    this.requests++;
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
      this.#socket.write(`${this.#head}${body.length}\r\n\r\n${body}`, 'latin1');
    });
  }

  close(): void {
    this.#pending = undefined;
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const headEnd = this.#received.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const head = this.#received.toString('latin1', 0, headEnd);
    const length = /content-length: *(\d+)/i.exec(head)?.[1];
    if (length === undefined) return this.#fail(new Error(`an answer without content-length: ${head}`));
    const bodyStart = headEnd + HEAD_END.length;
    const bodyEnd = bodyStart + Number(length);
    if (this.#received.length < bodyEnd) return;
    const reply = { status: Number(head.slice(9, 12)), body: this.#received.subarray(bodyStart, bodyEnd) };
    this.#received = this.#received.subarray(bodyEnd);
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.resolve(reply);
  }

  #fail(error: Error): void {
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.reject(error);
  }
}

/** Opens `count` connections. */
export async function openConnections(url: string, count: number): Promise<Connection[]> {
  return Promise.all(Array.from({ length: count }, () => Connection.open(url)));
}
