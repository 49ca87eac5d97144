import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { StreamMessage } from '../event-stream.ts';

/** An HTTP target for pushes. It answers each message with 200 at once. */
export class PushTarget {
  readonly #server: Server;
  readonly url: string;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  static async open(heard: (message: StreamMessage) => void): Promise<PushTarget> {
    const server = createServer((request, response) => {
      bodyOf(request, (text) => {
        response.end();
        heard(JSON.parse(text) as StreamMessage);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new PushTarget(server);
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

function bodyOf(request: IncomingMessage, done: (text: string) => void): void {
  let text = '';
  request.setEncoding('utf8');
  request.on('data', (chunk: string) => (text += chunk));
  request.on('end', () => done(text));
}
