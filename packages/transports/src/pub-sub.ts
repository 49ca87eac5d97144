import type { PubSub as Client, Topic } from '@google-cloud/pubsub';
import { LRUCache } from 'lru-cache';
import { loadEarly } from './load-early.ts';
import { failureOf } from './push-failed.ts';
import { PushLimit, unlessAborted } from './push-limit.ts';
import type { Outgoing, PushTransport } from './transport.ts';

export interface PubSubOptions {
  /** The project that is billed for calls; null: the project of the first topic. */
  project: string | null;
  /** Timeout of one publish, until Pub/Sub has confirmed it. */
  timeoutMs: number;
}

/** Limited, because clients choose the topics. */
const MAX_TOPICS = 1_000;
/** Messages that become due together are sent together. A lone message waits at most this long. */
const BATCH_WAIT_MS = 1;
const BATCH_MESSAGES = 100;
/** The client's own timeout is this much longer than ours. It only frees what a stuck call holds. */
const CLEAN_UP_AFTER_MS = 1_000;

/**
 * Pub/Sub: `gcps://PROJECT/TOPIC` publishes to `projects/PROJECT/topics/TOPIC`. The message's data is the JSON; it has
 * no attributes. Credentials are the Application Default Credentials. PUBSUB_EMULATOR_HOST is used if set.
 */
export class PubSub implements PushTransport {
  readonly name = 'gcps';
  readonly #options: PubSubOptions;
  readonly #limit: PushLimit;
  readonly #topics = new LRUCache<string, Topic>({ max: MAX_TOPICS });
  /** Loaded at start. Loading takes 0.6 s, which would block the process at the first message. */
  readonly #sdk = loadEarly(() => import('@google-cloud/pubsub'));
  #client: Promise<Client> | null = null;

  constructor(options: PubSubOptions) {
    this.#options = options;
    this.#limit = new PushLimit(options.timeoutMs);
  }

  /** Resolves when Pub/Sub has stored the message. @throws PushFailed */
  async push({ target, body }: Outgoing): Promise<void> {
    try {
      await this.#limit.run((signal) => unlessAborted(signal, this.#publish(target, body)));
    } catch (error) {
      throw failureOf(error);
    }
  }

  async #publish(target: string, body: string): Promise<void> {
    const [project = '', name = ''] = target.split('/');
    const client = await this.#connect(this.#options.project ?? project);
    let topic = this.#topics.get(target);
    if (!topic) {
      topic = client.topic(`projects/${project}/topics/${name}`, {
        batching: { maxMilliseconds: BATCH_WAIT_MS, maxMessages: BATCH_MESSAGES },
        // The dispatcher does the retries: it knows whether a message is still wanted.
        gaxOpts: { timeout: this.#options.timeoutMs + CLEAN_UP_AFTER_MS, retry: null },
      });
      this.#topics.set(target, topic);
    }
    await topic.publishMessage({ data: Buffer.from(body) });
  }

  #connect(projectId: string): Promise<Client> {
    // Without a project the client searches for one. That takes a second if there is no metadata server.
    this.#client ??= this.#sdk.then(({ PubSub: Client }) => new Client({ projectId }));
    return this.#client;
  }

  async close(): Promise<void> {
    this.#limit.close();
    const client = await this.#client?.catch(() => null);
    await client?.close();
  }
}
