import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { WebSocket } from 'ws';

interface Answer {
  kind: string;
  head: { corrId: string; status: number };
  data: unknown;
}

export interface WorkerMessage {
  kind: string;
  head: unknown;
  data: { task?: { id: string; version: number }; promise?: { id: string } };
}

/** A worker's WebSocket. It only separates answers from messages. For example, it does not acknowledge messages by itself. */
export class WorkerSocket {
  readonly socket: WebSocket;
  /** The close code, once it is closed. */
  readonly closed: Promise<number>;
  readonly #answers = new Map<string, (answer: Answer) => void>();
  readonly #messages: WorkerMessage[] = [];
  readonly #frames = new Set<() => void>();
  /** The headers of the answer that opened it. */
  headers: IncomingHttpHeaders = {};
  drains = 0;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.on('close', resolve));
    socket.once('upgrade', ({ headers }) => (this.headers = headers));
    socket.on('message', (data: Buffer) => this.#receive(JSON.parse(data.toString()) as object));
  }

  /** Rejects with `HTTP <status>` when it is refused. */
  static async open(url: string, path: string, headers: Record<string, string> = {}): Promise<WorkerSocket> {
    const socket = new WebSocket(url.replace(/^http/, 'ws') + path, { headers, perMessageDeflate: false });
    const opened = new WorkerSocket(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
      socket.once('unexpected-response', (_, { statusCode }) => {
        reject(new Error(`HTTP ${statusCode}`));
        socket.terminate();
      });
    });
    return opened;
  }

  /** One request; resolves with its answer, whatever its status. */
  ask(kind: string, data: unknown, head: object = {}): Promise<Answer> {
    const corrId = randomUUID();
    this.socket.send(JSON.stringify({ kind, head: { corrId, version: '2026-04-01', ...head }, data }));
    return this.answerTo(corrId);
  }

  /** The answer with this `corrId`. */
  answerTo(corrId: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#answers.set(corrId, resolve);
      void this.closed.then((code) => reject(new Error(`closed with ${code}`)));
    });
  }

  /** The next message. It is not acknowledged. */
  async next(): Promise<WorkerMessage> {
    await this.until(() => this.#messages.length > 0);
    const message = this.#messages.shift();
    if (!message) throw new Error('no message');
    return message;
  }

  /** How many messages have arrived that `next` has not returned yet. */
  get waiting(): number {
    return this.#messages.length;
  }

  acknowledge(count: number): void {
    this.socket.send(JSON.stringify({ ack: count }));
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await Promise.race([
        new Promise<void>((resolve) => this.#frames.add(resolve)),
        this.closed.then((code) => Promise.reject(new Error(`closed with ${code}`))),
      ]);
    }
  }

  /** Breaks the connection, as when the process dies. */
  break(): void {
    this.socket.terminate();
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }

  #receive(frame: object): void {
    if ('drain' in frame) this.drains++;
    else if ('head' in frame && 'corrId' in (frame.head as object)) {
      const answer = frame as Answer;
      this.#answers.get(answer.head.corrId)?.(answer);
    } else this.#messages.push(frame as WorkerMessage);
    for (const seen of this.#frames) seen();
    this.#frames.clear();
  }
}
