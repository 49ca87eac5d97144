import type { Producer } from '@platformatic/kafka';
import { promiseIdOf } from '@resonate/protocol';
import { limitAnswers } from './kafka-answers.ts';
import { loadEarly } from './load-early.ts';
import { failureOf, PushFailed } from './push-failed.ts';
import { PushLimit, unlessAborted } from './push-limit.ts';
import type { Outgoing, PushTransport } from './transport.ts';
import { trustedWith } from './trusted.ts';

export interface KafkaOptions {
  /** `host:port` of the cluster for addresses without a cluster name. */
  brokers: readonly string[];
  /** Brokers of further clusters, by their name in addresses. */
  clusters: ReadonlyMap<string, readonly string[]>;
  tls: boolean;
  /** PEM file with further trusted certificate authorities. */
  caFile: string | null;
  sasl: KafkaLogin | null;
  /** Timeout of one message, until all in-sync replicas have it. */
  timeoutMs: number;
}

export interface KafkaLogin {
  mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  username: string;
  password: string;
}

type TextProducer = Producer<string, string, string, string>;

const MECHANISMS = { plain: 'PLAIN', 'scram-sha-256': 'SCRAM-SHA-256', 'scram-sha-512': 'SCRAM-SHA-512' } as const;
/** Enough retries to find the new leader of a partition. After longer faults the dispatcher retries. */
const RETRIES = 2;
const RETRY_DELAY_MS = 200;
/** How many requests to one broker may run at once. */
const MAX_IN_FLIGHT = 100;

/**
 * Kafka: `kafka://TOPIC` or `kafka://CLUSTER/TOPIC`. The record's value is the JSON. Its key is the promise's id, so
 * the messages of one promise stay in order. Its header `kind` is the kind of the message. All in-sync replicas
 * acknowledge it.
 */
export class Kafka implements PushTransport {
  readonly name = 'kafka';
  readonly #options: KafkaOptions;
  readonly #limit: PushLimit;
  readonly #tls: { ca?: string[] } | null;
  /** Loaded at start. Loading takes 1.2 s, which would block the process at the first message. */
  readonly #sdk = loadEarly(() => import('@platformatic/kafka'));
  /** By cluster name; '' is the cluster without a name. */
  readonly #producers = new Map<string, Promise<TextProducer>>();
  /** By cluster name, until the next connection: why we ended the last one. The library says only that it was closed. */
  readonly #refused = new Map<string, Error>();

  /** @throws if the CA file cannot be read or has no certificate. */
  constructor(options: KafkaOptions) {
    const { tls, caFile } = options;
    this.#options = options;
    this.#tls = tls ? (caFile === null ? {} : { ca: trustedWith(caFile) }) : null;
    this.#limit = new PushLimit(options.timeoutMs);
  }

  /** Resolves when the record is written. @throws PushFailed */
  async push(outgoing: Outgoing): Promise<void> {
    try {
      await this.#limit.run((signal) => unlessAborted(signal, this.#send(outgoing)));
    } catch (error) {
      throw failureOf(error);
    }
  }

  async #send({ target, message, body }: Outgoing): Promise<void> {
    const [topic = '', cluster = ''] = target.split('/').reverse();
    const producer = await this.#producer(cluster);
    try {
      await producer.send({
        acks: -1,
        messages: [{ topic, key: promiseIdOf(message), value: body, headers: { kind: message.kind } }],
      });
    } catch (error) {
      throw this.#refused.get(cluster) ?? error;
    }
  }

  #producer(cluster: string): Promise<TextProducer> {
    const known = this.#producers.get(cluster);
    if (known) return known;
    const brokers = cluster === '' ? this.#options.brokers : this.#options.clusters.get(cluster);
    if (!brokers?.length)
      throw new PushFailed(
        cluster === ''
          ? 'transports.kafka.brokers is empty'
          : `no Kafka cluster ${cluster} in transports.kafka.clusters`,
      );
    const producer = this.#create(cluster, [...brokers]);
    this.#producers.set(cluster, producer);
    // A failed client is not kept. Otherwise every later message would fail in the same way.
    producer.catch(() => this.#producers.delete(cluster));
    return producer;
  }

  async #create(cluster: string, bootstrapBrokers: string[]): Promise<TextProducer> {
    const { sasl, timeoutMs } = this.#options;
    const { Producer, stringSerializers } = await this.#sdk;
    const producer = new Producer<string, string, string, string>({
      clientId: 'resonate',
      bootstrapBrokers,
      serializers: stringSerializers,
      autocreateTopics: false,
      connectTimeout: timeoutMs,
      requestTimeout: timeoutMs,
      timeout: timeoutMs,
      retries: RETRIES,
      retryDelay: RETRY_DELAY_MS,
      maxInflights: MAX_IN_FLIGHT,
      ...(this.#tls && { tls: this.#tls, tlsServerName: true }),
      ...(sasl && {
        sasl: { mechanism: MECHANISMS[sasl.mechanism], username: sasl.username, password: sasl.password },
      }),
    });
    // Each push that waits for a retry adds a listener, so many listeners are not a leak.
    producer.setMaxListeners(0);
    // A connection that breaks during the SASL login emits a second error after the library has stopped listening, and an
    // error without a listener ends the process. The push fails by the first one.
    producer.connections.on('connecting', ({ connection }) => {
      connection.on('error', () => {});
      connection.once('connecting', () => {
        this.#refused.delete(cluster);
        // The library creates the socket right after this event.
        queueMicrotask(() => {
          const { socket } = connection;
          socket.once(this.#tls ? 'secureConnect' : 'connect', () => {
            limitAnswers(socket, (error) => this.#refused.set(cluster, error));
          });
        });
      });
    });
    return producer;
  }

  async close(): Promise<void> {
    this.#limit.close();
    await Promise.allSettled([...this.#producers.values()].map(async (producer) => (await producer).close(true)));
  }
}
