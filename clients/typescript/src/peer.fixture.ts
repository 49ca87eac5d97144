import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';

/** A queue of events. Each is awaited once. */
export class Events<T> {
  readonly #happened: T[] = [];
  readonly #waiting: ((event: T) => void)[] = [];

  add(event: T): void {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(event);
    else this.#happened.push(event);
  }

  next(): Promise<T> {
    const [event] = this.#happened.splice(0, 1);
    return event === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(event);
  }

  get count(): number {
    return this.#happened.length;
  }
}

interface Frame {
  kind?: string;
  head: { corrId: string };
  ack?: number;
}

/** The server's side of one connection. */
export class Peer {
  readonly frames = new Events<Frame>();
  readonly closed: Promise<unknown>;
  readonly socket: WebSocket;
  readonly #raw: Socket;

  constructor(socket: WebSocket, { socket: raw }: IncomingMessage) {
    this.socket = socket;
    this.#raw = raw;
    this.closed = once(socket, 'close');
    socket.on('message', (data: Buffer) => this.frames.add(JSON.parse(data.toString()) as Frame));
  }

  send(frame: object): void {
    this.socket.send(JSON.stringify(frame));
  }

  answer({ kind, head }: Frame, { status = 200, data = {} }: { status?: number; data?: unknown } = {}): void {
    this.send({ kind, head: { corrId: head.corrId, status, version: '2026-04-01' }, data });
  }

  /** Reads and answers nothing more, not even a close frame. @returns when the client has ended the connection. */
  async ignoreAll(): Promise<void> {
    this.#raw.removeAllListeners('data').on('data', () => undefined);
    await once(this.#raw, 'end');
  }
}
