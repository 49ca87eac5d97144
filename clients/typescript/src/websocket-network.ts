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
  /** Names this worker in its group; no other worker may have the same. Default: random. */
  pid?: string;
  /** Bearer token. Default: `RESONATE_TOKEN`. */
  token?: string;
  /** How long a request may take, in ms. Default: `RESONATE_TIMEOUT`, else 10,000. */
  timeout?: number;
  /**
   * Stores the start of a step together with its result, in one trip instead of two. Default: true. A step may then begin
   * before its start is stored; its result is stored before the next step begins, either way.
   */
  combineSteps?: boolean;
  /** Where connections that open and close are logged. Default: nowhere. */
  logger?: Logger;
}

/** Wait before connecting again: doubles with each attempt, less a random part of up to a half. */
const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 30_000;
/** A connection that lived longer has proved that the server is well. */
const SOUND_AFTER_MS = 5_000;
/** Workers that are asked to leave at once come back spread over this time. */
const DRAIN_SPREAD_MS = 100;
/** Another worker has this group and pid: two that keep replacing each other do so slowly. */
const REPLACED = 4409;
const REPLACED_ATTEMPT = 4;
/** The server gives the same answer when such a request comes twice. */
const REPEATABLE: ReadonlySet<Request['kind']> = new Set([
  ...(['promise.get', 'promise.search', 'task.get', 'task.search', 'schedule.get', 'schedule.search'] as const),
  ...(['promise.create', 'promise.settle', 'promise.register_callback', 'promise.register_listener'] as const),
]);

interface Waiter {
  connected(connection: Connection): void;
  timer: NodeJS.Timeout;
}

/**
 * The Resonate SDK's network over one WebSocket: requests, answers and messages.
 *
 *     const resonate = new Resonate({ network: new WebSocketNetwork({ url: 'http://localhost:8001', group: 'workers' }) });
 *
 * A request waits for a connection for up to `timeout`. When a connection breaks, the requests without an answer are of two
 * kinds. Reads and requests about promises alone are sent again over the next connection. Requests about a task fail with
 * `ResonateTimeoutException`, as those of `HttpNetwork` do: the SDK then releases the task, and it runs again.
 */
export class WebSocketNetwork implements Network {
  readonly unicast: string;
  readonly anycast: string;
  readonly #url: string;
  readonly #token: string | undefined;
  readonly #timeoutMs: number;
  readonly #logger: Logger | undefined;
  readonly #steps: CombinedSteps | null;
  readonly #callbacks: ((message: Message) => void)[] = [];
  readonly #waiters = new Set<Waiter>();
  /** Open ones; the last takes the requests, others answer what they have. */
  readonly #connections = new Set<Connection>();
  #current: Connection | null = null;
  #opening: Connection | null = null;
  #attempt = 0;
  #retry: NodeJS.Timeout | null = null;
  #stopped = false;

  constructor(options: WebSocketNetworkOptions = {}) {
    const { url, group = 'default', pid, token, timeout, combineSteps = true, logger } = options;
    const { RESONATE_URL, RESONATE_TOKEN, RESONATE_TIMEOUT } = process.env;
    const id = pid ?? crypto.randomUUID().replaceAll('-', '');
    const base = (url ?? RESONATE_URL ?? 'http://localhost:8001').replace(/\/+$/, '');
    this.#url = `${base.replace(/^http/i, 'ws')}/connect/${encodeURIComponent(group)}/${encodeURIComponent(id)}`;
    this.#token = token ?? (RESONATE_TOKEN || undefined);
    this.#timeoutMs = timeout ?? (Number.parseInt(RESONATE_TIMEOUT ?? '', 10) || 10_000);
    this.#logger = logger;
    this.#steps = combineSteps ? new CombinedSteps((request) => this.#request(request)) : null;
    this.unicast = `poll://uni@${group}/${id}`;
    this.anycast = `poll://any@${group}/${id}`;
  }

  /** The address of any worker of a group. */
  match(target: string): string {
    return `poll://any@${target}`;
  }

  /** Begins to connect; requests wait for it by themselves. */
  async init(): Promise<void> {
    this.#connect();
  }

  /** Closes the connection. Requests without an answer fail. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#retry) clearTimeout(this.#retry);
    for (const connection of this.#connections) connection.close();
  }

  recv(callback: (message: Message) => void): void {
    this.#callbacks.push(callback);
  }

  /** Sends a request; usable without `this`, as the SDK calls it. Rejects with `ResonateTimeoutException` whenever `HttpNetwork` would. */
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
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        reject(new ResonateTimeoutException(`no connection to ${this.#url} within ${this.#timeoutMs} ms`));
      }, this.#timeoutMs);
      const waiter = { connected: resolve, timer };
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
          if (performance.now() - openedAt > SOUND_AFTER_MS) this.#attempt = 0;
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
    this.#log('info', this.#attempt > 0 ? 'reconnected' : 'connected', {});
    for (const { connected, timer } of this.#waiters) {
      clearTimeout(timer);
      connected(connection);
    }
    this.#waiters.clear();
  }

  /** The server stops: connects elsewhere, while this connection answers what was sent over it. */
  #leave(connection: Connection): void {
    if (this.#current === connection) {
      this.#current = null;
      this.#connectIn(Math.random() * DRAIN_SPREAD_MS);
    }
    connection.retire();
  }

  #closed(connection: Connection, reason: string, code: number): void {
    this.#connections.delete(connection);
    // One that was left has its successor already.
    if (connection !== this.#opening && connection !== this.#current) return;
    this.#opening = null;
    this.#current = null;
    if (this.#stopped) return;
    if (code === REPLACED) this.#attempt = Math.max(this.#attempt, REPLACED_ATTEMPT);
    const waitMs = Math.min(FIRST_WAIT_MS * 2 ** this.#attempt, LONGEST_WAIT_MS) * (1 - Math.random() / 2);
    this.#attempt++;
    this.#log('warn', 'disconnected', { error: reason, attempt: this.#attempt, waitMs: Math.round(waitMs) });
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
    for (const callback of this.#callbacks) callback(message);
  }

  #log(level: 'info' | 'warn', text: string, fields: object): void {
    this.#logger?.[level]({ component: 'network', address: this.#url, ...fields }, text);
  }
}
