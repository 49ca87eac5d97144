import { randomUUID } from 'node:crypto';
import type { sendUnaryData, Server, ServerDuplexStream, ServerUnaryCall, ServiceDefinition } from '@grpc/grpc-js';

/** The parts of google.pubsub.v1 that are used here. */
interface PubsubMessage {
  data: Buffer;
  attributes: Record<string, string>;
  messageId?: string;
  orderingKey?: string;
}
interface Topic {
  name: string;
}
interface Subscription {
  name: string;
  topic: string;
}
interface PublishRequest {
  topic: string;
  messages: PubsubMessage[];
}
interface StreamingPullRequest {
  subscription: string;
  ackIds: string[];
}
interface ReceivedMessage {
  ackId: string;
  message: PubsubMessage;
}
type Puller = ServerDuplexStream<StreamingPullRequest, { receivedMessages: ReceivedMessage[] }>;
type Unary<Request, Response> = (call: ServerUnaryCall<Request, Response>, answer: sendUnaryData<Response>) => void;

/** One subscription: its unacknowledged messages, and the streams that pull them. */
class Backlog {
  readonly topic: string;
  readonly #waiting = new Map<string, PubsubMessage>();
  readonly #pullers = new Set<Puller>();

  constructor(topic: string) {
    this.topic = topic;
  }

  get size(): number {
    return this.#waiting.size;
  }

  add(message: PubsubMessage): void {
    const ackId = randomUUID();
    this.#waiting.set(ackId, message);
    // Only one stream gets a message: the one that has pulled for longest.
    for (const puller of this.#pullers) return void puller.write({ receivedMessages: [{ ackId, message }] });
  }

  /** A new puller gets all unacknowledged messages. */
  pull(puller: Puller): void {
    this.#pullers.add(puller);
    puller.once('close', () => this.#pullers.delete(puller));
    puller.once('cancelled', () => this.#pullers.delete(puller));
    const receivedMessages = [...this.#waiting].map(([ackId, message]) => ({ ackId, message }));
    if (receivedMessages.length > 0) puller.write({ receivedMessages });
  }

  acknowledge(ackIds: readonly string[]): void {
    for (const ackId of ackIds) this.#waiting.delete(ackId);
  }
}

/**
 * A gRPC server that speaks google.pubsub.v1 as the emulator does: publishers, and subscribers that pull by stream.
 * `PUBSUB_EMULATOR_HOST` set to its `host` makes Google's clients use it. It keeps everything in memory.
 */
export class TestPubSub {
  readonly #topics = new Set<string>();
  readonly #backlogs = new Map<string, Backlog>();
  #server: Server | null = null;
  #port = 0;
  #published = 0;
  /** The number of messages in each publish call. */
  readonly batches: number[] = [];
  /** While true, publishes get no answer. */
  mute = false;

  /** @param topics full names: `projects/PROJECT/topics/TOPIC`. */
  static async start(topics: readonly string[] = []): Promise<TestPubSub> {
    const server = new TestPubSub();
    for (const topic of topics) server.#topics.add(topic);
    await server.restart();
    return server;
  }

  /** `host:port` */
  get host(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** The number of messages of this subscription that are not acknowledged. */
  unacknowledged(subscription: string): number {
    return this.#backlogs.get(subscription)?.size ?? 0;
  }

  /** Breaks all connections and closes the port. Topics and messages stay for `restart`. */
  stop(): Promise<void> {
    this.#server?.forceShutdown();
    this.#server = null;
    return Promise.resolve();
  }

  /** Listens again on the same port. */
  async restart(): Promise<void> {
    const { Server, ServerCredentials } = await import('@grpc/grpc-js');
    const server = new Server();
    const [publisher, subscriber] = await services();
    server.addService(publisher, {
      createTopic: this.#createTopic,
      getTopic: this.#getTopic,
      publish: this.#publish,
    });
    server.addService(subscriber, {
      createSubscription: this.#createSubscription,
      streamingPull: this.#streamingPull,
      acknowledge: this.#acknowledge,
      modifyAckDeadline: (_call: unknown, answer: sendUnaryData<object>) => answer(null, {}),
    });
    this.#port = await new Promise<number>((resolve, reject) => {
      server.bindAsync(`127.0.0.1:${this.#port}`, ServerCredentials.createInsecure(), (error, port) =>
        error ? reject(error) : resolve(port),
      );
    });
    this.#server = server;
  }

  readonly #createTopic: Unary<Topic, Topic> = ({ request }, answer) => {
    this.#topics.add(request.name);
    answer(null, { name: request.name });
  };

  readonly #getTopic: Unary<{ topic: string }, Topic> = ({ request }, answer) => {
    if (this.#topics.has(request.topic)) answer(null, { name: request.topic });
    else answer(notFound(request.topic));
  };

  readonly #publish: Unary<PublishRequest, { messageIds: string[] }> = ({ request }, answer) => {
    if (this.mute) return;
    if (!this.#topics.has(request.topic)) return answer(notFound(request.topic));
    this.batches.push(request.messages.length);
    const messages = request.messages.map((message) => ({ ...message, messageId: String(++this.#published) }));
    for (const backlog of this.#backlogs.values()) {
      if (backlog.topic === request.topic) messages.forEach((message) => backlog.add(message));
    }
    answer(null, { messageIds: messages.map(({ messageId }) => messageId) });
  };

  readonly #createSubscription: Unary<Subscription, Subscription> = ({ request }, answer) => {
    if (!this.#topics.has(request.topic)) return answer(notFound(request.topic));
    if (!this.#backlogs.has(request.name)) this.#backlogs.set(request.name, new Backlog(request.topic));
    answer(null, { name: request.name, topic: request.topic });
  };

  readonly #acknowledge: Unary<StreamingPullRequest, object> = ({ request }, answer) => {
    this.#backlogs.get(request.subscription)?.acknowledge(request.ackIds);
    answer(null, {});
  };

  readonly #streamingPull = (puller: Puller): void => {
    let backlog: Backlog | undefined;
    puller.on('data', ({ subscription, ackIds }: StreamingPullRequest) => {
      // Only the first request names the subscription.
      if (subscription !== '') {
        backlog = this.#backlogs.get(subscription);
        if (!backlog) return void puller.emit('error', notFound(subscription));
        backlog.pull(puller);
      }
      backlog?.acknowledge(ackIds);
    });
    puller.on('end', () => puller.end());
    puller.on('error', () => {});
  };
}

const NOT_FOUND = 5;

function notFound(resource: string): Error & { code: number; details: string } {
  return Object.assign(new Error('not found'), {
    code: NOT_FOUND,
    details: `Resource not found (resource=${resource}).`,
  });
}

/** From the protos that Google publishes with its client. */
async function services(): Promise<[ServiceDefinition, ServiceDefinition]> {
  const { fromJSON } = await import('@grpc/proto-loader');
  const { default: protos } = await import('@google-cloud/pubsub/build/protos/protos.json', { with: { type: 'json' } });
  const defined = fromJSON(protos, { defaults: true, enums: String });
  return [defined['google.pubsub.v1.Publisher'], defined['google.pubsub.v1.Subscriber']] as [
    ServiceDefinition,
    ServiceDefinition,
  ];
}
