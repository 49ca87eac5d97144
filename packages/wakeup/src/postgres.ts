import { createHash } from 'node:crypto';
import pg from 'pg';
import type { Link, LinkEvents, LinkOptions } from './link.ts';
import { within } from './within.ts';

const KEEP_ALIVE_MS = 10_000;
const CLOSE_TIMEOUT_MS = 500;

const DEFAULT_SCHEMA = 'public';

/** Creates a client that finds its server by itself, for example the primary of several servers. */
export type NewPostgresClient = (config: pg.ClientConfig) => pg.Client;

/**
 * LISTENs on one connection and NOTIFYs from another. The store's connections must not NOTIFY: a transaction that
 * notifies takes a lock on the whole database while it commits. A channel belongs to the whole database. Two
 * installations in two schemas must not wake each other. So outside the schema `public` the channel's name is a hash of
 * topic and schema.
 */
export class PostgresLink implements Link {
  readonly #listener: pg.Client;
  readonly #notifier: pg.Client;
  readonly #topics: readonly string[];
  /** The topic of each channel, and the channel of each topic. */
  readonly #topicOf = new Map<string, string>();
  readonly #channelOf = new Map<string, string>();

  constructor({ url, name, topics, events }: LinkOptions, newClient: NewPostgresClient = driversOwn(url)) {
    this.#topics = topics;
    this.#listener = createClient(newClient, name, events);
    this.#notifier = createClient(newClient, name, events);
    this.#listener.on('notification', ({ channel, payload }) =>
      events.message(this.#topicOf.get(channel) ?? channel, payload ?? ''),
    );
  }

  async open(): Promise<void> {
    await Promise.all([this.#listen(), this.#prepare()]);
  }

  async #listen(): Promise<void> {
    await this.#listener.connect();
    const answer = await this.#listener.query<{ schema: string | null }>('SELECT current_schema() AS schema');
    const schema = answer.rows[0]?.schema ?? DEFAULT_SCHEMA;
    for (const topic of this.#topics) {
      const channel = channelIn(schema, topic);
      this.#topicOf.set(channel, topic);
      this.#channelOf.set(topic, channel);
    }
    const channels = [...this.#topicOf.keys()];
    await this.#listener.query(channels.map((channel) => `LISTEN ${pg.escapeIdentifier(channel)}`).join('; '));
  }

  async #prepare(): Promise<void> {
    await this.#notifier.connect();
    // A transaction that notifies writes a commit record. It need not wait until that is on disk.
    await this.#notifier.query('SET synchronous_commit = off');
  }

  async publish(topic: string, text: string): Promise<void> {
    const channel = this.#channelOf.get(topic) ?? topic;
    await this.#notifier.query({ name: 'notify', text: 'SELECT pg_notify($1, $2)', values: [channel, text] });
  }

  async close(): Promise<void> {
    await Promise.all([end(this.#listener), end(this.#notifier)]);
  }
}

/** The channel's name. At most 63 bytes, the limit of Postgres. */
function channelIn(schema: string, topic: string): string {
  if (schema === DEFAULT_SCHEMA) return topic;
  return `resonate_${createHash('sha256')
    .update(JSON.stringify([schema, topic]))
    .digest('hex')
    .slice(0, 40)}`;
}

function driversOwn(url: string): NewPostgresClient {
  return (config) => new pg.Client({ ...config, connectionString: url });
}

function createClient(newClient: NewPostgresClient, name: string, { lost }: LinkEvents): pg.Client {
  const client = newClient({
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
