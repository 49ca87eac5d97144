import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { AbstractConnector, Redis, type RedisOptions } from 'ioredis';
import type { Link, LinkEvents, LinkOptions } from './link.ts';

/** How long a closing connection waits for the server's goodbye. */
const CLOSE_TIMEOUT_MS = 500;

/**
 * ioredis's own connector listens to a socket's first error only (its pull request 962). A refused certificate makes two,
 * and one that nobody listens to ends the process. It also names no host to TLS, which servers behind a proxy need.
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
  // Whoever opened this link opens another one: what fails here must fail at once.
  retryStrategy: null,
  enableOfflineQueue: false,
  // INFO is not for every user of a Redis with access lists; the first probe tells more anyway.
  enableReadyCheck: false,
  disableClientInfo: true,
  protocol: 2,
  keepAlive: 10_000,
} satisfies RedisOptions;

/** PUBLISH on one connection, SUBSCRIBE on another: a subscriber can't publish. */
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
