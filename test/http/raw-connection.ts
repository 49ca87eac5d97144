import { connect, type Socket } from 'node:net';

const WITHIN_MS = 30_000;

/** What a server sent on one connection, and how the connection ended. */
export interface Received {
  text: string;
  /** The connection was reset instead of closed. */
  reset: boolean;
}

/** A TCP connection on which the test writes any bytes. */
export class RawConnection {
  readonly #socket: Socket;
  readonly #ended: Promise<Received>;
  readonly #waiters = new Set<() => void>();
  #text = '';
  #isOver = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    let reset = false;
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      this.#text += text;
      this.#tell();
    });
    socket.on('error', () => {
      reset = true;
    });
    this.#ended = new Promise((resolve) => {
      socket.on('close', () => {
        this.#isOver = true;
        this.#tell();
        resolve({ text: this.#text, reset });
      });
    });
  }

  static open(url: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    return new Promise((resolve, reject) => {
      const socket = connect({ host: hostname, port: Number(port), noDelay: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new RawConnection(socket));
      });
    });
  }

  /** Resolves when the operating system has accepted the bytes, or when the connection has ended. */
  write(bytes: string | Buffer): Promise<void> {
    if (this.#isOver || !this.#socket.writable) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        this.#socket.off('close', done);
        resolve();
      };
      this.#socket.once('close', done);
      this.#socket.write(bytes, done);
    });
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Resolves with all received text when `matches` accepts it. Rejects if the connection ends before, or after a time limit. */
  async until(what: string, matches: (text: string) => boolean): Promise<string> {
    const deadlineAt = Date.now() + WITHIN_MS;
    for (;;) {
      if (matches(this.#text)) return this.#text;
      const left = deadlineAt - Date.now();
      if (this.#isOver || left <= 0) throw new Error(`${what}: received only ${JSON.stringify(this.#text)}`);
      await this.#news(left);
    }
  }

  /** Resolves when the server has closed the connection. */
  async ended(): Promise<Received> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const error = () => new Error(`the connection stays open; received ${JSON.stringify(this.#text)}`);
      timer = setTimeout(() => reject(error()), WITHIN_MS);
    });
    try {
      return await Promise.race([this.#ended, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Resets the connection, as a crash does. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  /** Closes this side cleanly. What the server still sends is received. */
  end(): void {
    this.#socket.end();
  }

  close(): void {
    this.#socket.destroy();
  }

  #news(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const told = () => {
        clearTimeout(timer);
        this.#waiters.delete(told);
        resolve();
      };
      const timer = setTimeout(told, withinMs);
      this.#waiters.add(told);
    });
  }

  #tell(): void {
    for (const told of [...this.#waiters]) told();
  }
}

/** A request as bytes; the body's length is announced unless `headers` say otherwise. */
export function requestBytes(method: string, path: string, headers: Record<string, string>, body = ''): string {
  const names = Object.keys(headers).map((name) => name.toLowerCase());
  const isFramed = names.includes('content-length') || names.includes('transfer-encoding');
  const framing = isFramed || body === '' ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const lines = Object.entries({ host: 'localhost', ...headers, ...framing }).map(([name, text]) => `${name}: ${text}`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`;
}

/** The statuses of all answers in the received text, in order. */
export function statuses(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1]));
}
