import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';
import { listen, type Service } from '@resonate/lifecycle';
import { LevelSwitch, type Levelled, type Logger } from '@resonate/observability';

/**
 * The conditions under which this process can do its work, by name: `{ store: true, leader: false }`. The process is
 * ready if all are true.
 */
export type ReadyCheck = () => Promise<Readonly<Record<string, boolean>>>;

export interface MetricsServerOptions {
  registry: Registry;
  /** 0 turns it off. */
  port: number;
  bind: string;
  ready: ReadyCheck;
  /** The logger whose level PUT /log-level changes. Without it there is no such path. */
  level?: Levelled;
  logger: Logger;
}

const READY_TIMEOUT_MS = 2000;
const MAX_CONNECTIONS = 100;
const MAX_BODY_BYTES = 1_000;
/** Loopback addresses. `kubectl port-forward` into a pod uses them, too. */
const LOOPBACK = /^(?:::1|(?:::ffff:)?127\.\d+\.\d+\.\d+)$/;

interface Answer {
  status: number;
  type: string;
  body: string;
}

/**
 * Serves GET /metrics, /health (200 while the process lives) and /ready (200 or 503) on a separate port. GET and PUT
 * /log-level are served to this machine only.
 */
export class MetricsServer implements Service {
  readonly name = 'metrics';
  readonly #options: MetricsServerOptions;
  readonly #level: LevelSwitch | null;
  #server: Server | null = null;

  constructor(options: MetricsServerOptions) {
    this.#options = options;
    this.#level = options.level ? new LevelSwitch(options.level) : null;
  }

  /** Rejects if the port cannot be opened. */
  async start(): Promise<void> {
    const { port, bind, logger } = this.#options;
    if (port === 0) return;
    const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, (request, response) => {
      void this.#respond(request, response);
    });
    server.maxConnections = MAX_CONNECTIONS;
    const opened = await listen(server, { bind, port, option: 'observability.metrics_port, 0: off', logger });
    this.#server = server;
    logger.info('Metrics endpoint listening', { port: opened });
  }

  async stop(): Promise<void> {
    this.#level?.close();
    const server = this.#server;
    this.#server = null;
    if (!server) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = await this.#answer(request).catch((error: unknown) => {
      this.#options.logger.error('metrics request failed', { error, path: request.url });
      return plain(500, 'Internal Server Error');
    });
    response.writeHead(answer.status, { 'content-type': answer.type, 'cache-control': 'no-store' });
    response.end(answer.body);
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    const path = request.url?.split('?')[0];
    if ((request.headersDistinct['host']?.length ?? 0) > 1) return plain(400, 'A request must have one Host header');
    if (path === '/log-level' && this.#level) return this.#logLevel(request, this.#level);
    if (request.method !== 'GET' && request.method !== 'HEAD') return plain(405, 'Method Not Allowed');
    if (path === '/health') return plain(200, 'ok');
    if (path === '/ready') return this.#readiness();
    if (path !== '/metrics') return plain(404, 'Not Found');
    const { registry } = this.#options;
    return { status: 200, type: registry.contentType, body: await registry.metrics() };
  }

  /**
   * Refuses requests of other machines, and of web pages, which send an Origin header. The port needs no token, debug
   * lines contain ids, and they cost time.
   */
  async #logLevel(request: IncomingMessage, level: LevelSwitch): Promise<Answer> {
    if (!LOOPBACK.test(request.socket.remoteAddress ?? ''))
      return plain(403, 'Allowed only from the machine of the server');
    if (request.headers.origin !== undefined) return plain(403, 'Not allowed from a web page');
    if (request.method === 'PUT') {
      const body = await bodyOf(request);
      const error = body === null ? `the body is longer than ${MAX_BODY_BYTES} bytes` : level.change(body);
      if (error !== null) return plain(400, error);
      this.#options.logger.warn('log level changed', { ...level.state });
    } else if (request.method !== 'GET' && request.method !== 'HEAD') {
      return plain(405, 'Method Not Allowed');
    }
    return { status: 200, type: 'application/json', body: JSON.stringify(level.state) };
  }

  async #readiness(): Promise<Answer> {
    const checks = await withinTime(this.#options.ready());
    const ready = Object.values(checks).every(Boolean);
    return { status: ready ? 200 : 503, type: 'application/json', body: JSON.stringify({ ready, checks }) };
  }
}

/** @returns the body, or null if it is too long. */
async function bodyOf(request: IncomingMessage): Promise<string | null> {
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > MAX_BODY_BYTES) return null;
  }
  return text;
}

/** A check that hangs or fails counts as false. */
async function withinTime(check: ReturnType<ReadyCheck>): ReturnType<ReadyCheck> {
  const timeout = Promise.withResolvers<Readonly<Record<string, boolean>>>();
  const timer = setTimeout(() => timeout.resolve({ answered: false }), READY_TIMEOUT_MS);
  try {
    return await Promise.race([check.catch(() => ({ answered: false })), timeout.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function plain(status: number, body: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body };
}
