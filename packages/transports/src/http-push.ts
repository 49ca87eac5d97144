import { Agent, request } from 'undici';
import { createHttpPushAuth, type HttpPushAuth, type HttpPushAuthOptions } from './http-push-auth.ts';
import { AllowedHosts } from './http-push-hosts.ts';
import { failureOf, PushFailed } from './push-failed.ts';
import { PushLimit, unlessAborted } from './push-limit.ts';
import type { Outgoing, PushTransport } from './transport.ts';
import { trustedWith } from './trusted.ts';

export interface HttpPushOptions {
  connectTimeoutMs: number;
  /** For the whole push: token, connection, answer. */
  requestTimeoutMs: number;
  /** Connections kept to one target. */
  connectionsPerTarget: number;
  auth?: HttpPushAuthOptions;
  /** PEM file of further certificate authorities to trust. */
  caFile?: string | null;
  /** Hosts that may be pushed to (see AllowedHosts); none: any. */
  allowHosts?: readonly string[];
}

/** An answer's body means nothing here; more than this of it is not even read. */
const MAX_ANSWER_BYTES = 64 * 1024;
const NO_AUTH: HttpPushAuthOptions = { mode: 'none', token: null, audience: null, header: 'Authorization' };

/**
 * HTTP push: the message is POSTed as JSON, any 2xx means that it was taken. Redirects are not followed: they may lead
 * anywhere, with the token.
 */
export class HttpPush implements PushTransport {
  readonly name = 'http';
  readonly #agent: Agent;
  readonly #auth: HttpPushAuth;
  readonly #hosts: AllowedHosts;
  readonly #limit: PushLimit;

  /** @throws when the CA file can't be read or has no certificate, or the token can't be sent. */
  constructor(options: HttpPushOptions) {
    this.#auth = createHttpPushAuth(options.auth ?? NO_AUTH);
    this.#hosts = new AllowedHosts(options.allowHosts ?? []);
    this.#limit = new PushLimit(options.requestTimeoutMs);
    this.#agent = new Agent({
      connections: options.connectionsPerTarget,
      connect: {
        timeout: options.connectTimeoutMs,
        ...(options.caFile && { ca: trustedWith(options.caFile) }),
      },
      // No answer may be the whole of a long function call: only the request's own time-out bounds it.
      headersTimeout: options.requestTimeoutMs,
      bodyTimeout: options.requestTimeoutMs,
    });
  }

  /** @throws PushFailed on any other status or without one in time, and with the reason why there was none. */
  async push({ address, body }: Outgoing): Promise<void> {
    try {
      await this.#limit.run((signal) => this.#post(new URL(address), body, signal));
    } catch (error) {
      throw failureOf(error);
    }
  }

  async #post(url: URL, body: string, signal: AbortSignal): Promise<void> {
    if (!this.#hosts.allows(url)) {
      throw new PushFailed(`the host ${url.host} is not among those of transports.http_push.allow_hosts`);
    }
    const auth = await unlessAborted(signal, this.#auth(url));
    const { statusCode, body: answer } = await request(url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...auth },
      dispatcher: this.#agent,
      signal,
    });
    // Taken or refused, the status says it: whatever becomes of the body.
    await answer.dump({ limit: MAX_ANSWER_BYTES });
    if (statusCode < 200 || statusCode > 299) throw new PushFailed(`the target answered ${statusCode}`);
  }

  /** Ends all connections; pushes under way reject. */
  async close(): Promise<void> {
    this.#limit.close();
    await this.#agent.destroy();
  }
}
