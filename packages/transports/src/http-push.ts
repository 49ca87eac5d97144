import { request, type Dispatcher } from 'undici';
import { createHttpPushAgent } from './http-push-agent.ts';
import { basicAuth, createHttpPushAuth, type HttpPushAuth, type HttpPushAuthOptions } from './http-push-auth.ts';
import { AllowedHosts } from './http-push-hosts.ts';
import { failureOf, PushFailed } from './push-failed.ts';
import { PushLimit, unlessAborted } from './push-limit.ts';
import { retryAfterMs } from './retry-after.ts';
import type { Outgoing, PushTransport } from './transport.ts';

export interface HttpPushOptions {
  connectTimeoutMs: number;
  /** Limit for the whole push: token, connection, redirects and answer. */
  requestTimeoutMs: number;
  /** Maximum of connections to one target. */
  connectionsPerTarget: number;
  auth?: HttpPushAuthOptions;
  /** PEM file with further trusted certificate authorities. */
  caFile?: string | null;
  /** Hosts that may be pushed to (see AllowedHosts). An empty list allows all. */
  allowHosts?: readonly string[];
  /** The environment with the proxy variables; by default that of the process. */
  env?: NodeJS.ProcessEnv;
}

/**
 * The body of an answer is not used. Up to this many bytes are read and dropped, so that the connection can be used
 * again.
 */
const MAX_ANSWER_BYTES = 64 * 1024;
/** The same limit as the public server's. */
const MAX_REDIRECTS = 10;
/**
 * Redirects that are followed: clients repeat the same request. After 301, 302 and 303 they send a GET without the
 * message.
 */
const REDIRECTS: ReadonlySet<number> = new Set([307, 308]);
/** Statuses whose answer may have a Retry-After header. */
const BUSY: ReadonlySet<number> = new Set([429, 503]);
const NO_AUTH: HttpPushAuthOptions = { mode: 'none', token: null, audience: null, header: 'Authorization' };

interface Answer {
  status: number;
  headers: Dispatcher.ResponseData['headers'];
}

/**
 * HTTP push: POSTs the message as JSON. Any 2xx means that it was delivered. Redirects with 307 and 308 are followed,
 * to allowed hosts only. Tokens and passwords are sent only to their own origin.
 */
export class HttpPush implements PushTransport {
  readonly name = 'http';
  readonly #agent: Dispatcher;
  readonly #auth: HttpPushAuth;
  readonly #hosts: AllowedHosts;
  readonly #limit: PushLimit;

  /** @throws if the CA file cannot be read or has no certificate, the token cannot be sent, or a proxy is not a URL. */
  constructor(options: HttpPushOptions) {
    const { caFile = null, env = process.env } = options;
    this.#auth = createHttpPushAuth(options.auth ?? NO_AUTH);
    this.#hosts = new AllowedHosts(options.allowHosts ?? []);
    this.#limit = new PushLimit(options.requestTimeoutMs);
    this.#agent = createHttpPushAgent({ ...options, caFile, env });
  }

  /** @throws PushFailed on any other status, and if there is no answer in time. */
  async push({ address, body }: Outgoing): Promise<void> {
    try {
      await this.#limit.run((signal) => this.#send(new URL(address), body, signal));
    } catch (error) {
      throw failureOf(error);
    }
  }

  async #send(target: URL, body: string, signal: AbortSignal): Promise<void> {
    this.#mustBeAllowed(target);
    const configured = await unlessAborted(signal, this.#auth(withoutCredentials(target)));
    const hasToken = Object.keys(configured).some((name) => name.toLowerCase() === 'authorization');
    const auth = hasToken ? configured : { ...basicAuth(target), ...configured };
    let url = target;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const { status, headers } = await this.#post(url, body, url.origin === target.origin ? auth : {}, signal);
      if (status >= 200 && status <= 299) return;
      if (!REDIRECTS.has(status)) throw refused(status, headers);
      url = redirectOf(url, status, headers);
      this.#mustBeAllowed(url);
    }
    throw new PushFailed(`the target redirected more than ${MAX_REDIRECTS} times`);
  }

  #mustBeAllowed(url: URL): void {
    if (this.#hosts.allows(url)) return;
    throw new PushFailed(`the host ${url.host} is not listed in transports.http_push.allow_hosts`);
  }

  async #post(url: URL, body: string, auth: Record<string, string>, signal: AbortSignal): Promise<Answer> {
    const answer = await request(withoutCredentials(url), {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...auth },
      dispatcher: this.#agent,
      signal,
    });
    // The status alone says whether the message was delivered.
    await answer.body.dump({ limit: MAX_ANSWER_BYTES });
    return { status: answer.statusCode, headers: answer.headers };
  }

  /** Ends all connections. Running pushes reject. */
  async close(): Promise<void> {
    this.#limit.close();
    await this.#agent.destroy();
  }
}

function withoutCredentials(url: URL): URL {
  if (url.username === '' && url.password === '') return url;
  const plain = new URL(url);
  plain.username = '';
  plain.password = '';
  return plain;
}

/** @throws PushFailed if the redirect cannot be followed. */
function redirectOf(url: URL, status: number, { location }: Answer['headers']): URL {
  if (typeof location !== 'string' || !URL.canParse(location, url.href)) {
    throw new PushFailed(`the target answered ${status} without a valid Location header`);
  }
  const next = new URL(location, url);
  if (next.protocol === 'https:' || next.protocol === url.protocol) return next;
  throw new PushFailed(`the target redirected from ${url.protocol} to ${next.protocol}, which is not allowed`);
}

function refused(status: number, headers: Answer['headers']): PushFailed {
  const waitMs = BUSY.has(status) ? retryAfterMs(headers['retry-after'], Date.now()) : null;
  return new PushFailed(`the target answered ${status}`, { retryAfterMs: waitMs });
}
