import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { AbstractConnector, Redis, type RedisOptions } from 'ioredis';
import type { Link, LinkEvents, LinkOptions } from './link.ts';

/** How long a closing connection waits until the server closes it, too. */
const CLOSE_TIMEOUT_MS = 500;

/**
 * Replaces the connector of ioredis, which listens only to the first error of a socket (its pull request 962). A
 * refused certificate causes two errors, and an error without a listener ends the process. The original also sends no
 * server name (SNI) in TLS, but servers behind a proxy need it.
 */
class Connector extends AbstractConnector {
  readonly #options: RedisOptions;

  constructor(options: unknown) {
    super(CLOSE_TIMEOUT_MS);
    this.#options = options as RedisOptions;
  }

  connect(): Promise<Socket> {
    const { host = '127.0.0.1', port = 6379, tls } = this.#options;
    const servername = isIP(host) === 0 ? { servername: host } : {};
    const socket = tls ? connectTls({ host, port, ...servername }) : connect({ host, port });
    socket.on('error', (error) => (this.firstError ??= error));
    this.stream = socket;
    return Promise.resolve(socket);
  }
}

const OPTIONS = {
  Connector,
  lazyConnect: true,
  // The owner of this link opens a new one, so errors must surface at once.
  retryStrategy: null,
  enableOfflineQueue: false,
  // The ready check calls INFO, which Redis' access lists may forbid. The first probe proves more anyway.
  enableReadyCheck: false,
  disableClientInfo: true,
  protocol: 2,
  keepAlive: 10_000,
} satisfies RedisOptions;

/** PUBLISHes on one connection and SUBSCRIBEs on another: a subscriber cannot publish. */
export class RedisLink implements Link {
  readonly #subscriber: Redis;
  readonly #publisher: Redis;
  readonly #topics: readonly string[];

  constructor({ url, name, topics, events }: LinkOptions) {
    this.#topics = topics;
    this.#subscriber = createClient(url, name, events);
    this.#publisher = createClient(url, name, events);
    this.#subscriber.on('message', events.message);
  }

  async open(): Promise<void> {
    await Promise.all([this.#subscribe(), this.#publisher.connect()]);
  }

  async #subscribe(): Promise<void> {
    await this.#subscriber.connect();
    await this.#subscriber.subscribe(...this.#topics);
  }

  async publish(topic: string, text: string): Promise<void> {
    await this.#publisher.publish(topic, text);
  }

  async close(): Promise<void> {
    await Promise.all([end(this.#subscriber), end(this.#publisher)]);
  }
}

function createClient(url: string, name: string, { lost }: LinkEvents): Redis {
  const client = new Redis(url, { ...OPTIONS, connectionName: name });
  client.on('error', lost);
  client.on('end', () => lost(new Error('Connection ended')));
  return client;
}

async function end(client: Redis): Promise<void> {
  if (client.status === 'end') return;
  const ended = new Promise((resolve) => client.once('end', resolve));
  client.disconnect();
  await ended;
}
