import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promiseIdOf, type Message } from '@resonate/protocol';
import { until } from '../processes/until.ts';

/** A message that was pushed. */
export interface Push {
  method: string;
  path: string;
  contentType: string | undefined;
  message: Message;
  /** Epoch ms. */
  at: number;
  /** Set if the server aborted the push before it was answered. */
  isGivenUp: boolean;
}

/** The status of the answer to a push. `hang`: it is never answered. */
export type Behaviour = (push: Push) => number | 'hang';

/** A function-as-a-service worker: a real HTTP server that receives pushed messages. */
export class PushTarget {
  readonly pushes: Push[] = [];
  readonly #server: Server;
  behaviour: Behaviour;
  /** The most pushes that were unanswered at once. */
  mostAtOnce = 0;
  #unanswered = 0;

  private constructor(behaviour: Behaviour) {
    this.behaviour = behaviour;
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const push: Push = {
          method: request.method ?? '',
          path: request.url ?? '',
          contentType: request.headers['content-type'],
          message: JSON.parse(Buffer.concat(chunks).toString('utf8')) as Message,
          at: Date.now(),
          isGivenUp: false,
        };
        this.#answer(push, response);
      });
    });
  }

  /** @param port by default a free one. */
  static async start(behaviour: Behaviour = () => 200, port = 0): Promise<PushTarget> {
    const target = new PushTarget(behaviour);
    await new Promise<void>((resolve, reject) => {
      target.#server.once('error', reject);
      target.#server.listen(port, '127.0.0.1', resolve);
    });
    return target;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The pushes about the task or the promise with this id. */
  about(id: string): Push[] {
    return this.pushes.filter(({ message }) => promiseIdOf(message) === id);
  }

  /** Resolves with the pushes about `id` when there are `count` of them. */
  received(id: string, count: number, withinMs = 30_000): Promise<Push[]> {
    return until(`${count} pushes about ${id}`, withinMs, () => {
      const pushes = this.about(id);
      return pushes.length >= count && pushes;
    });
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  #answer(push: Push, response: ServerResponse): void {
    this.pushes.push(push);
    this.#unanswered += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#unanswered);
    response.on('close', () => {
      this.#unanswered -= 1;
      push.isGivenUp = !response.writableFinished;
    });
    const status = this.behaviour(push);
    if (status !== 'hang') response.writeHead(status).end('any text');
  }
}
