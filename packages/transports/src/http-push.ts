import { Agent, request } from 'undici';

export interface HttpPushOptions {
  connectTimeoutMs: number;
  requestTimeoutMs: number;
  /** Connections kept to one target. */
  connectionsPerTarget: number;
}

/** A push that did not end in a 2xx. */
export class PushFailed extends Error {
  override readonly name = 'PushFailed';
}

/** An answer's body means nothing here; more than this of it is not even read. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** HTTP push (spec/surface.md): the message is POSTed as JSON, any 2xx means that it was taken. */
export class HttpPush {
  readonly #agent: Agent;
  readonly #options: HttpPushOptions;

  constructor(options: HttpPushOptions) {
    this.#options = options;
    this.#agent = new Agent({
      connections: options.connectionsPerTarget,
      connect: { timeout: options.connectTimeoutMs },
      // No answer may be the whole of a long function call: only the request's own time-out bounds it.
      headersTimeout: options.requestTimeoutMs,
      bodyTimeout: options.requestTimeoutMs,
    });
  }

  /**
   * @param signal ends the push early, as on shutdown.
   * @throws PushFailed on any other status; the client's error when there was no answer in time.
   */
  async push(url: string, body: string, signal: AbortSignal): Promise<void> {
    const { statusCode, body: answer } = await request(url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
      dispatcher: this.#agent,
      signal: AbortSignal.any([signal, AbortSignal.timeout(this.#options.requestTimeoutMs)]),
    });
    await answer.dump({ limit: MAX_ANSWER_BYTES });
    if (statusCode < 200 || statusCode > 299) throw new PushFailed(`the target answered ${statusCode}`);
  }

  /** Ends all connections, also those with a push under way. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}
