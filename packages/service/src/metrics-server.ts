import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import type { Logger } from './logger.ts';
import type { Service } from './service.ts';

/** What must be well for this process to do its work, by name: `{ store: true, leader: false }`. Ready means all are. */
export type ReadyCheck = () => Promise<Readonly<Record<string, boolean>>>;

export interface MetricsServerOptions {
  registry: Registry;
  /** 0: off. */
  port: number;
  bind: string;
  ready: ReadyCheck;
  logger: Logger;
}

const READY_TIMEOUT_MS = 2000;
const MAX_CONNECTIONS = 100;

interface Answer {
  status: number;
  type: string;
  body: string;
}

/** GET /metrics, /health (200 while the process lives) and /ready (200 or 503) on a port of their own. */
export class MetricsServer implements Service {
  readonly name = 'metrics';
  readonly #options: MetricsServerOptions;
  #server: Server | null = null;

  constructor(options: MetricsServerOptions) {
    this.#options = options;
  }

  /** Rejects when the port can't be had. */
  async start(): Promise<void> {
    const { port, bind, logger } = this.#options;
    if (port === 0) return;
    const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, (request, response) => {
      void this.#respond(request, response);
    });
    server.maxConnections = MAX_CONNECTIONS;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, bind, resolve);
    }).catch((cause: Error) => {
      throw new Error(`cannot serve metrics on ${bind}:${port} (observability.metrics_port, 0: off): ${cause.message}`);
    });
    this.#server = server;
    logger.info('Metrics endpoint listening', { port: (server.address() as AddressInfo).port });
  }

  async stop(): Promise<void> {
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
    if (request.method !== 'GET' && request.method !== 'HEAD') return plain(405, 'Method Not Allowed');
    const path = request.url?.split('?')[0];
    if (path === '/health') return plain(200, 'ok');
    if (path === '/ready') return this.#readiness();
    if (path !== '/metrics') return plain(404, 'Not Found');
    const { registry } = this.#options;
    return { status: 200, type: registry.contentType, body: await registry.metrics() };
  }

  async #readiness(): Promise<Answer> {
    const checks = await withinTime(this.#options.ready());
    const ready = Object.values(checks).every(Boolean);
    return { status: ready ? 200 : 503, type: 'application/json', body: JSON.stringify({ ready, checks }) };
  }
}

/** A check that hangs or fails is a check that says no. */
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
