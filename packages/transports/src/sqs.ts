import { createHash } from 'node:crypto';
import type { SendMessageCommandInput, SQSClient, SQSClientConfig } from '@aws-sdk/client-sqs';
import { promiseIdOf, type Message } from '@resonate/protocol';
import { LRUCache } from 'lru-cache';
import { loadEarly } from './load-early.ts';
import { failureOf, PushFailed } from './push-failed.ts';
import { PushLimit, unlessAborted } from './push-limit.ts';
import { SqsClients } from './sqs-clients.ts';
import type { Outgoing, PushTransport } from './transport.ts';

export interface SqsOptions {
  /** The region for addresses without one; null: that of the environment (AWS_REGION or the profile). */
  region: string | null;
  /** URL of an SQS-compatible server; null: AWS. */
  endpoint: string | null;
  /** Timeout of one message, until SQS has stored it. */
  timeoutMs: number;
}

/** Limited, because clients choose the queues. */
const MAX_QUEUES = 1_000;
const REGION_OF_OTHER_SERVERS = 'us-east-1';
/** Hosts in queue URLs: sqs.REGION.amazonaws.com, VPC endpoints, China, dual stack. */
const AWS_HOST = /(?:^|\.)sqs\.([a-z0-9-]+)\.(?:(?:vpce\.)?amazonaws\.com(?:\.cn)?|api\.aws)$/;
/** What SQS accepts as MessageGroupId. */
const GROUP_ID = /^[A-Za-z0-9!"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~]{1,128}$/;

/** Where a target's queue is. */
interface Place {
  /** '': the region of the environment. */
  region: string;
  /** The queue's URL; null: SQS is asked for it. */
  url: string | null;
  name: string;
}

/**
 * SQS: `sqs://QUEUE`, `sqs://REGION/QUEUE`, or a queue's URL with `sqs:` instead of `https:`. The body is the JSON, and
 * the attribute `kind` is the kind of the message. In a FIFO queue the group is the promise's id, and messages for the
 * same task version have the same deduplication id. The AWS SDK finds the credentials.
 */
export class Sqs implements PushTransport {
  readonly name = 'sqs';
  readonly #options: SqsOptions;
  readonly #limit: PushLimit;
  readonly #sdk = loadEarly(() => import('@aws-sdk/client-sqs'));
  readonly #clients: Promise<SqsClients>;
  /** URLs of queues that were addressed by name, by target. */
  readonly #urls = new LRUCache<string, string>({ max: MAX_QUEUES });

  constructor(options: SqsOptions) {
    this.#options = options;
    this.#limit = new PushLimit(options.timeoutMs);
    this.#clients = this.#sdk.then(
      ({ SQSClient }) => new SqsClients((region) => new SQSClient(this.#configOf(region))),
    );
    // Each push reports it.
    this.#clients.catch(() => {});
  }

  /** Resolves when SQS has stored the message. @throws PushFailed */
  async push(outgoing: Outgoing): Promise<void> {
    try {
      await this.#limit.run((signal) => unlessAborted(signal, this.#send(outgoing, signal)));
    } catch (error) {
      // The queue may have been deleted and created again with another URL.
      if (error instanceof Error && error.name.endsWith('QueueDoesNotExist')) this.#urls.delete(outgoing.target);
      throw failureOf(error);
    }
  }

  async #send({ target, message, body }: Outgoing, abortSignal: AbortSignal): Promise<void> {
    const place = this.#placeOf(target);
    const { SendMessageCommand } = await this.#sdk;
    const clients = await this.#clients;
    await clients.use(place.region, async (client) => {
      const url = place.url ?? (await this.#urlOf(client, target, place.name, abortSignal));
      const input: SendMessageCommandInput = {
        QueueUrl: url,
        MessageBody: body,
        MessageAttributes: { kind: { DataType: 'String', StringValue: message.kind } },
      };
      await client.send(new SendMessageCommand({ ...input, ...(url.endsWith('.fifo') && orderOf(message)) }), {
        abortSignal,
      });
    });
  }

  async #urlOf(client: SQSClient, target: string, name: string, abortSignal: AbortSignal): Promise<string> {
    const known = this.#urls.get(target);
    if (known !== undefined) return known;
    const { GetQueueUrlCommand } = await this.#sdk;
    const { QueueUrl: url } = await client.send(new GetQueueUrlCommand({ QueueName: name }), { abortSignal });
    if (url === undefined) throw new PushFailed(`SQS returned no URL for the queue ${name}`);
    this.#urls.set(target, url);
    return url;
  }

  /** Signed requests are sent only to AWS or to the configured server, not to hosts that clients choose. */
  #placeOf(target: string): Place {
    const { endpoint, region } = this.#options;
    const [name = '', accountOrRegion, host] = target.split('/').reverse();
    if (host === undefined) return { region: accountOrRegion ?? region ?? '', url: null, name };
    const path = `/${accountOrRegion ?? ''}/${name}`;
    if (endpoint !== null && new URL(endpoint).host === host) {
      return { region: region ?? '', url: new URL(path, endpoint).href, name };
    }
    const regionOfHost = AWS_HOST.exec(host)?.[1];
    if (regionOfHost === undefined || endpoint !== null) {
      throw new PushFailed(`${host} is neither a host of AWS SQS nor the host of transports.sqs.endpoint`);
    }
    return { region: regionOfHost, url: `https://${host}${path}`, name };
  }

  #configOf(region: string): SQSClientConfig {
    const { endpoint, timeoutMs } = this.#options;
    const used = region === '' && endpoint !== null && !process.env['AWS_REGION'] ? REGION_OF_OTHER_SERVERS : region;
    return {
      ...(used !== '' && { region: used }),
      ...(endpoint !== null && { endpoint }),
      // The dispatcher does the retries: it knows whether a message is still wanted.
      maxAttempts: 1,
      requestHandler: { connectionTimeout: timeoutMs, requestTimeout: timeoutMs },
    };
  }

  async close(): Promise<void> {
    this.#limit.close();
    (await this.#clients.catch(() => null))?.close();
  }
}

function orderOf(message: Message): { MessageGroupId: string; MessageDeduplicationId: string } {
  const id = promiseIdOf(message);
  const version = message.kind === 'execute' ? message.data.task.version : null;
  return {
    MessageGroupId: GROUP_ID.test(id) ? id : hash(id),
    MessageDeduplicationId: hash(JSON.stringify([message.kind, id, version])),
  };
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
