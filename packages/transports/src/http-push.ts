import { Agent, request } from 'undici';
import type { Outgoing, PushTransport } from './transport.ts';

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

/** HTTP push: the message is POSTed as JSON, any 2xx means that it was taken. */
export class HttpPush implements PushTransport {
  readonly name = 'http';
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

  /** @throws PushFailed on any other status or without one in time, else the client's error. */
  async push({ address, body }: Outgoing): Promise<void> {
    const { requestTimeoutMs } = this.#options;
    // Not AbortSignal.timeout: it lives until its time has come, with every push of the last minutes (0.6 KB each).
    const ending = new AbortController();
    const timeOut = setTimeout(() => {
      ending.abort(new PushFailed(`the target did not answer within ${requestTimeoutMs} ms`));
    }, requestTimeoutMs);
    try {
      const { statusCode, body: answer } = await request(address, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json' },
        dispatcher: this.#agent,
        signal: ending.signal,
      });
      // Taken or refused, the status says it: whatever becomes of the body.
      await answer.dump({ limit: MAX_ANSWER_BYTES });
      if (statusCode < 200 || statusCode > 299) throw new PushFailed(`the target answered ${statusCode}`);
    } finally {
      clearTimeout(timeOut);
    }
  }

  /** Ends all connections; pushes under way reject. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}
