import {
  isMessage,
  ResonateTimeoutException,
  type Logger,
  type Message,
  type Network,
  type Request,
  type Response,
  type Send,
} from '@resonatehq/sdk';
import { CombinedSteps } from './combined-steps.ts';
import { Connection, ConnectionLost } from './connection.ts';

export interface WebSocketNetworkOptions {
  /** The server's URL, `http:` or `https:`. Default: `RESONATE_URL`, else `http://localhost:8001`. */
  url?: string;
  /** The worker's group. Default: `default`. */
  group?: string;
  /** Identifies this worker in its group. It must be unique. Default: random. */
  pid?: string;
  /** Bearer token. Default: `RESONATE_TOKEN`. */
  token?: string;
  /** How long a request may wait for a connection, and then for its answer, in ms each. Default: `RESONATE_TIMEOUT`, else 10,000. */
  timeout?: number;
  /**
   * Stores the start of a step together with its result, in one round trip instead of two. Default: true. A step may
   * then begin before its start is stored. With either value, a step's result is stored before the next step begins.
   */
  combineSteps?: boolean;
  /** Logs when connections open and close. Default: no log. */
  logger?: Logger;
}

/**
 * The wait before the next connection attempt. It doubles with each attempt, and up to half of it is subtracted at
 * random.
 */
const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 30_000;
/** If a connection lasted longer than this, the server is healthy, so the next wait is short again. */
const HEALTHY_AFTER_MS = 5_000;
/**
 * Workers that a server asks to leave reconnect at random times within this period, so that they do not all reconnect
 * at once.
 */
const DRAIN_SPREAD_MS = 100;
/**
 * Close code: another worker has the same group and pid. The next wait is longer, so that two such workers replace each
 * other only slowly.
 */
const REPLACED = 4409;
const REPLACED_ATTEMPT = 4;
/** Requests that may be sent twice, because the server gives the same answer again. */
const REPEATABLE: ReadonlySet<Request['kind']> = new Set([
  ...(['promise.get', 'promise.search', 'task.get', 'task.search', 'schedule.get', 'schedule.search'] as const),
  ...(['promise.create', 'promise.settle', 'promise.register_callback', 'promise.register_listener'] as const),
]);

/** The longest delay that setTimeout accepts. With a longer one, such as Infinity, it would fire at once. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

interface Waiter {
  connected(connection: Connection): void;
  failed(error: Error): void;
  timer: NodeJS.Timeout;
}

/**
 * The Resonate SDK's network over one WebSocket: requests, answers and messages.
 *
 *     const resonate = new Resonate({ network: new WebSocketNetwork({ url: 'http://localhost:8001', group: 'workers' }) });
 *
 * A request waits for a connection for up to `timeout`. When a connection breaks, reads and promise requests without an
 * answer are sent again over the next connection. Requests about a task fail with `ResonateTimeoutException`, as in
 * `HttpNetwork`. The SDK then releases the task, and it runs again.
 */
export class WebSocketNetwork implements Network {
  readonly unicast: string;
  readonly anycast: string;
  readonly #url: string;
  /** The URL for logs and errors: without a user and a password. */
  readonly #address: string;
  readonly #token: string | undefined;
  readonly #timeoutMs: number;
  readonly #logger: Logger | undefined;
  readonly #steps: CombinedSteps | null;
  readonly #callbacks: ((message: Message) => void)[] = [];
  readonly #waiters = new Set<Waiter>();
  /**
   * All connections: the one that is being opened, the current one, which accepts requests, and those that only wait for
   * their last answers.
   */
  readonly #connections = new Set<Connection>();
  #current: Connection | null = null;
  #opening: Connection | null = null;
  #attempt = 0;
  /** Why there is no connection. null while there is one, and before the first attempt has failed. */
  #failure: string | null = null;
  #retry: NodeJS.Timeout | null = null;
  #stopped = false;

  constructor(options: WebSocketNetworkOptions = {}) {
    const { url, group = 'default', pid, token, timeout, combineSteps = true, logger } = options;
    const { RESONATE_URL, RESONATE_TOKEN, RESONATE_TIMEOUT } = process.env;
    const id = pid ?? crypto.randomUUID().replaceAll('-', '');
    const base = (url ?? (RESONATE_URL || 'http://localhost:8001')).replace(/\/+$/, '');
    this.#url = `${base.replace(/^http/i, 'ws')}/connect/${encodeURIComponent(group)}/${encodeURIComponent(id)}`;
    this.#address = this.#url.replace(/\/\/[^/?#]*@/, '//');
    this.#token = token ?? (RESONATE_TOKEN || undefined);
    const timeoutMs = timeout ?? (Number.parseInt(RESONATE_TIMEOUT ?? '', 10) || 10_000);
    this.#timeoutMs = Math.min(timeoutMs, LONGEST_TIMEOUT_MS);
    this.#logger = logger;
    this.#steps = combineSteps ? new CombinedSteps((request) => this.#request(request)) : null;
    this.unicast = `poll://uni@${group}/${id}`;
    this.anycast = `poll://any@${group}/${id}`;
  }

  /** The address of any worker of a group. */
  match(target: string): string {
    return `poll://any@${target}`;
  }

  /** Begins to connect. Does not wait: requests wait for the connection themselves. */
  async init(): Promise<void> {
    this.#connect();
  }

  /** Closes the connection. Requests without an answer fail, within a second. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#retry) clearTimeout(this.#retry);
    for (const connection of this.#connections) connection.close();
    for (const { failed, timer } of this.#waiters) {
      clearTimeout(timer);
      failed(stopped());
    }
    this.#waiters.clear();
  }

  recv(callback: (message: Message) => void): void {
    this.#callbacks.push(callback);
  }

  /**
   * Sends a request. Rejects with `ResonateTimeoutException` in the same cases as `HttpNetwork`. An arrow function,
   * because the SDK calls it without `this`.
   */
  send: Send = (request) => (this.#steps ? this.#steps.send(request) : this.#request(request)) as Promise<never>;

  async #request(request: Request): Promise<Response> {
    const repeatUntil = performance.now() + this.#timeoutMs;
    for (;;) {
      const connection = this.#current ?? (await this.#connected());
      try {
        return await connection.request(request);
      } catch (error) {
        const isRepeated = error instanceof ConnectionLost && REPEATABLE.has(request.kind) && !this.#stopped;
        if (!isRepeated || performance.now() >= repeatUntil) throw error;
      }
    }
  }

  /** Resolves with the next connection that opens, within the timeout of requests. */
  #connected(): Promise<Connection> {
    return new Promise((resolve, reject) => {
      if (this.#stopped) return reject(stopped());
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        const failed = this.#failure === null ? '' : `; ${this.#failure}`;
        reject(new ResonateTimeoutException(`no connection to ${this.#address} within ${this.#timeoutMs} ms${failed}`));
      }, this.#timeoutMs);
      const waiter = { connected: resolve, failed: reject, timer };
      this.#waiters.add(waiter);
    });
  }

  #connect(): void {
    if (this.#opening || this.#stopped) return;
    let openedAt = Infinity;
    const connection = new Connection(
      { url: this.#url, token: this.#token, timeoutMs: this.#timeoutMs },
      {
        opened: () => {
          openedAt = performance.now();
          this.#opened(connection);
        },
        received: (message) => this.#deliver(message),
        draining: () => this.#leave(connection),
        closed: (reason, code) => {
          if (performance.now() - openedAt > HEALTHY_AFTER_MS) this.#attempt = 0;
          this.#closed(connection, reason, code);
        },
      },
    );
    this.#opening = connection;
    this.#connections.add(connection);
  }

  #opened(connection: Connection): void {
    this.#opening = null;
    this.#current = connection;
    this.#failure = null;
    this.#log('info', 'connected', {});
    for (const { connected, timer } of this.#waiters) {
      clearTimeout(timer);
      connected(connection);
    }
    this.#waiters.clear();
  }

  /**
   * The server is shutting down, or the token has expired. Connects to another process, and keeps this connection until its requests are
   * answered.
   */
  #leave(connection: Connection): void {
    if (this.#current === connection) {
      this.#current = null;
      this.#connectIn(Math.random() * DRAIN_SPREAD_MS);
    }
    connection.retire();
  }

  #closed(connection: Connection, reason: string, code: number): void {
    this.#connections.delete(connection);
    // A connection that was left has already been replaced.
    if (connection !== this.#opening && connection !== this.#current) return;
    this.#failure = `${connection === this.#opening ? 'the last attempt failed' : 'the last connection ended'}: ${reason}`;
    this.#opening = null;
    this.#current = null;
    if (this.#stopped) return;
    if (code === REPLACED) this.#attempt = Math.max(this.#attempt, REPLACED_ATTEMPT);
    const longestMs = Math.min(FIRST_WAIT_MS * 2 ** this.#attempt, LONGEST_WAIT_MS);
    const waitMs = Math.round(longestMs * (1 - Math.random() / 2));
    this.#attempt++;
    const fields = { error: reason, attempt: this.#attempt, waitMs };
    this.#log('warn', `no connection, next attempt in ${waitMs} ms`, fields);
    this.#connectIn(waitMs);
  }

  #connectIn(ms: number): void {
    if (this.#retry) clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#connect(), ms);
  }

  #deliver(message: unknown): void {
    if (!isMessage(message)) {
      this.#log('warn', 'a message has an invalid structure', { message: JSON.stringify(message).slice(0, 200) });
      return;
    }
    for (const callback of this.#callbacks) {
      try {
        callback(message);
      } catch (error) {
        this.#log('error', 'a callback failed', { error });
      }
    }
  }

  #log(level: 'info' | 'warn' | 'error', text: string, fields: object): void {
    this.#logger?.[level]({ component: 'network', address: this.#address, ...fields }, text);
  }
}

function stopped(): Error {
  return new ResonateTimeoutException('the network was stopped');
}
