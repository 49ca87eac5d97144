import pg from 'pg';
import type { Link, LinkEvents, LinkOptions } from './link.ts';
import { within } from './within.ts';

const KEEP_ALIVE_MS = 10_000;
const CLOSE_TIMEOUT_MS = 500;

/**
 * LISTEN on one connection, NOTIFY from another. Never from the store's own: a transaction that notifies holds a lock
 * of the whole database while it commits.
 */
export class PostgresLink implements Link {
  readonly #listener: pg.Client;
  readonly #notifier: pg.Client;
  readonly #topics: readonly string[];

  constructor({ url, name, topics, events }: LinkOptions) {
    this.#topics = topics;
    this.#listener = createClient(url, name, events);
    this.#notifier = createClient(url, name, events);
    this.#listener.on('notification', ({ channel, payload }) => events.message(channel, payload ?? ''));
  }

  async open(): Promise<void> {
    await Promise.all([this.#listen(), this.#prepare()]);
  }

  async #listen(): Promise<void> {
    await this.#listener.connect();
    await this.#listener.query(this.#topics.map((topic) => `LISTEN ${pg.escapeIdentifier(topic)}`).join('; '));
  }

  async #prepare(): Promise<void> {
    await this.#notifier.connect();
    // A notifying transaction gets an id and with it a commit record, which nobody needs on disk.
    await this.#notifier.query('SET synchronous_commit = off');
  }

  async publish(topic: string, text: string): Promise<void> {
    await this.#notifier.query({ name: 'notify', text: 'SELECT pg_notify($1, $2)', values: [topic, text] });
  }

  async close(): Promise<void> {
    await Promise.all([end(this.#listener), end(this.#notifier)]);
  }
}

function createClient(url: string, name: string, { lost }: LinkEvents): pg.Client {
  const client = new pg.Client({
    connectionString: url,
    application_name: name,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
  });
  client.on('error', lost);
  client.on('end', () => lost(new Error('Connection terminated')));
  return client;
}

async function end(client: pg.Client): Promise<void> {
  await within(CLOSE_TIMEOUT_MS, 'closing', client.end()).catch(() => {});
  client.connection.stream.destroy();
}
