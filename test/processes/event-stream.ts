import { get, type IncomingMessage } from 'node:http';
import type { Message } from '@resonate/protocol';

const WITHIN_MS = 30_000;

/** How a stream ended. `clean`: with the end of the HTTP answer. Otherwise the connection broke. */
export interface StreamEnd {
  clean: boolean;
}

export interface ReceivedMessage {
  message: Message;
  /** Epoch ms. */
  at: number;
}

/** A worker's event stream, with its messages in order. */
export class EventStream {
  readonly ended: Promise<StreamEnd>;
  readonly #answer: IncomingMessage;
  readonly #messages: ReceivedMessage[] = [];
  readonly #news = new Set<() => void>();
  #text = '';
  #comments = 0;
  #isOver = false;

  private constructor(answer: IncomingMessage) {
    this.#answer = answer;
    answer.setEncoding('utf8');
    answer.on('data', (text: string) => this.#read(text));
    answer.on('error', () => {});
    this.ended = new Promise((resolve) => {
      answer.on('close', () => {
        this.#isOver = true;
        this.#tell();
        resolve({ clean: answer.complete });
      });
    });
  }

  /** Resolves when the server has answered 200 and the first bytes have arrived. Rejects on any other answer. */
  static async open(url: string, path: string, headers: Record<string, string> = {}): Promise<EventStream> {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      // No agent: closing the stream closes its connection.
      get(`${url}${path}`, { agent: false, headers: { accept: 'text/event-stream', ...headers } }, resolve).on(
        'error',
        reject,
      );
    });
    if (answer.statusCode !== 200 || !answer.headers['content-type']?.startsWith('text/event-stream')) {
      answer.destroy();
      throw new Error(`GET ${path}: ${answer.statusCode} ${answer.headers['content-type']}`);
    }
    const stream = new EventStream(answer);
    await stream.#wait('the first bytes', () => stream.#comments > 0);
    return stream;
  }

  get headers(): IncomingMessage['headers'] {
    return this.#answer.headers;
  }

  /** How many comment lines have arrived. */
  get comments(): number {
    return this.#comments;
  }

  /** How many messages have arrived that `next` has not returned yet. */
  get waiting(): number {
    return this.#messages.length;
  }

  /** The next message. It may have arrived already. */
  async next(withinMs = WITHIN_MS): Promise<Message> {
    return (await this.nextReceived(withinMs)).message;
  }

  /** The next message, with the time at which it arrived. */
  async nextReceived(withinMs = WITHIN_MS): Promise<ReceivedMessage> {
    await this.#wait('a message', () => this.#messages.length > 0, withinMs);
    return this.#messages.shift() as ReceivedMessage;
  }

  /** Breaks the connection, as a crash of the worker does. */
  break(): void {
    this.#answer.socket.resetAndDestroy();
  }

  #read(text: string): void {
    this.#text += text;
    for (let end = this.#text.indexOf('\n\n'); end >= 0; end = this.#text.indexOf('\n\n')) {
      const event = this.#text.slice(0, end);
      this.#text = this.#text.slice(end + 2);
      if (event.startsWith(':')) this.#comments += 1;
      else if (event.startsWith('data: '))
        this.#messages.push({ message: JSON.parse(event.slice(6)) as Message, at: Date.now() });
      else throw new Error(`not what SDKs read: ${JSON.stringify(event)}`);
    }
    this.#tell();
  }

  async #wait(what: string, isHere: () => boolean, withinMs = WITHIN_MS): Promise<void> {
    const deadlineAt = Date.now() + withinMs;
    while (!isHere()) {
      const left = deadlineAt - Date.now();
      if (this.#isOver) throw new Error(`${what}: the stream ended before`);
      if (left <= 0) throw new Error(`${what}: not within ${withinMs} ms`);
      await this.#anyNews(left);
    }
  }

  #anyNews(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const told = () => {
        clearTimeout(timer);
        this.#news.delete(told);
        resolve();
      };
      const timer = setTimeout(told, withinMs);
      this.#news.add(told);
    });
  }

  #tell(): void {
    for (const told of [...this.#news]) told();
  }
}
