import { Readable } from 'node:stream';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { LRUCache } from 'lru-cache';
import { PushFailed } from './push-failed.ts';

/** Limited, because clients of Resonate choose the regions. */
const MAX_CLIENTS = 50;
/** The SDK buffers whole answers. Those that are used are shorter than 2 KB. */
const MAX_ANSWER_BYTES = 256 * 1024;

/** The SQS clients of the regions that were used last. */
export class SqsClients {
  readonly #create: (region: string) => SQSClient;
  readonly #clients = new LRUCache<string, UsedClient>({ max: MAX_CLIENTS, dispose: (client) => client.retire() });

  constructor(create: (region: string) => SQSClient) {
    this.#create = create;
  }

  /** Does `work` with the client of a region. */
  use<T>(region: string, work: (client: SQSClient) => Promise<T>): Promise<T> {
    let client = this.#clients.get(region);
    if (!client) {
      client = new UsedClient(this.#create(region));
      this.#clients.set(region, client);
    }
    return client.use(work);
  }

  close(): void {
    this.#clients.clear();
  }
}

class UsedClient {
  readonly #client: SQSClient;
  #uses = 0;
  #isRetired = false;

  constructor(client: SQSClient) {
    this.#client = client;
    client.middlewareStack.add(
      (next) => async (args) => {
        const answer = await next(args);
        const response = answer.response as { body?: unknown };
        if (response.body instanceof Readable) response.body = Readable.from(bounded(response.body));
        return answer;
      },
      // Nearest to the network, so before the answer is parsed.
      { step: 'deserialize', priority: 'low' },
    );
  }

  async use<T>(work: (client: SQSClient) => Promise<T>): Promise<T> {
    this.#uses++;
    try {
      return await work(this.#client);
    } finally {
      this.#uses--;
      this.#destroyIfUnused();
    }
  }

  /** Destroys the client when nothing uses it: its running sends would fail. */
  retire(): void {
    this.#isRetired = true;
    this.#destroyIfUnused();
  }

  #destroyIfUnused(): void {
    if (this.#isRetired && this.#uses === 0) this.#client.destroy();
  }
}

/** The error also ends the connection. */
async function* bounded(body: Readable): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) {
      throw new PushFailed(`the answer is longer than ${MAX_ANSWER_BYTES} bytes, so it is not from SQS`);
    }
    yield chunk;
  }
}
