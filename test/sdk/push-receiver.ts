import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HttpAdapter, Message } from '@resonatehq/sdk';

/**
 * Lets an SDK serve functions over HTTP: it receives messages as pushes instead of over an event stream. The SDK has an
 * interface for this (`HttpAdapter`), but implements it only for streams.
 */
export class PushReceiver implements HttpAdapter {
  readonly unicast: string;
  readonly anycast: string;
  readonly #server: Server;
  readonly #callbacks: ((message: Message) => void)[] = [];
  /** The number of messages so far, by kind. */
  readonly received = { execute: 0, unblock: 0 };
  /** While this is true, it answers pushes with 503 and ignores them. */
  isAway = false;
  /** The number of pushes that it answered in this way. */
  refused = 0;

  private constructor(server: Server) {
    this.#server = server;
    this.unicast = `http://127.0.0.1:${(server.address() as AddressInfo).port}/resonate`;
    this.anycast = this.unicast;
  }

  static async listen(): Promise<PushReceiver> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const receiver = new PushReceiver(server);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        response.writeHead(receiver.isAway ? 503 : 200).end();
        if (receiver.isAway) receiver.refused++;
        else receiver.#take(JSON.parse(Buffer.concat(chunks).toString('utf8')) as Message);
      });
    });
    return receiver;
  }

  match(target: string): string {
    return `poll://any@${target}`;
  }

  init(): Promise<void> {
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  onReceive(callback: (message: Message) => void): void {
    this.#callbacks.push(callback);
  }

  #take(message: Message): void {
    this.received[message.kind]++;
    for (const callback of this.#callbacks) callback(message);
  }
}
