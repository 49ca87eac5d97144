import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Express, Router } from 'express';
import type { Service } from '@resonate/lifecycle';
import type { Runtime } from '@resonate/process';
import type { StreamHub } from '@resonate/transports';
import type { Auth } from '../auth/auth.ts';
import { Rpc, type Answer } from '../rpc.ts';
import { WebSocketEndpoint } from '../websocket/websocket-endpoint.ts';
import { Connections } from './connections.ts';
import { Cors } from './cors.ts';
import { discardBody, isTooLarge, readBody } from './read-body.ts';
import { createRoutes } from './routes.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

/** Connections on which nothing moves, such as those of clients that don't read their answers; streams have their pings. */
const IDLE_TIMEOUT_MS = 120_000;
/** How often at most Node looks for requests that arrive too slowly. */
const MAX_CHECK_INTERVAL_MS = 5_000;
/** Longer than the idle time of usual load balancers, so that they, not we, close idle connections. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;
const MAX_HEADER_BYTES = 16 * 1024;
/** How long a body that is too large may go on: closed amid it, Node's clients see a broken connection, not the 413. */
const LINGER_MS = 5_000;
/** The part of server.shutdown_timeout after which clients that have not finished their requests are cut off. */
const PATIENCE = 0.8;
/** `/` with or without a query, alone or as a whole URL (RFC 9112 section 3.2.2). */
const ROOT = /^(?:https?:\/\/[^/?]+)?\/?(?:\?|$)/i;
/** Well below the 300 s after which SDKs give a silent stream up, and below proxies' usual 60 s. */
const PING_INTERVAL_MS = 15_000;

/**
 * The HTTP side. `POST /` goes to the engine before express's router: on one machine Node's bare server answered
 * 22,900 small JSON POSTs/s where express did 12,600 (ARCHITECTURE.md). Express has the rest.
 */
export class HttpServer implements Service {
  readonly name = 'http';
  readonly #runtime: Runtime;
  readonly #hub: StreamHub;
  readonly #rpc: Rpc;
  readonly #websockets: WebSocketEndpoint;
  readonly #cors: Cors;
  readonly #routes: Express;
  #server: Server | null = null;
  #connections: Connections | null = null;
  #pings: NodeJS.Timeout | null = null;
  #stopping = false;

  constructor(runtime: Runtime, hub: StreamHub, auth: Auth | null, admin: Router) {
    this.#runtime = runtime;
    this.#hub = hub;
    this.#rpc = new Rpc(runtime, auth);
    this.#websockets = new WebSocketEndpoint(runtime, hub, auth, this.#rpc);
    this.#cors = new Cors(runtime.config.server.cors.allowOrigins);
    this.#routes = createRoutes(runtime, hub, this.#cors, auth, admin);
  }

  /** Rejects when the port can't be had. */
  async start(): Promise<void> {
    const { bind, port, maxConnections, headersTimeoutMs, requestTimeoutMs } = this.#runtime.config.server;
    const server = createServer(
      {
        headersTimeout: headersTimeoutMs,
        requestTimeout: requestTimeoutMs,
        connectionsCheckingInterval: Math.min(headersTimeoutMs / 4, MAX_CHECK_INTERVAL_MS),
        keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
        maxHeaderSize: MAX_HEADER_BYTES,
        noDelay: true,
        // Other upgrades, such as Java's to HTTP/2, are offers: the request is answered as if there were none.
        shouldUpgradeCallback: (request) => WebSocketEndpoint.isFor(request),
      },
      (request, response) => this.#route(request, response),
    );
    server.on('checkContinue', (request, response) => {
      if (!isTooLarge(request, this.#runtime.config.server.maxBodySize)) response.writeContinue();
      this.#route(request, response);
    });
    server.on('upgrade', (request, socket, head) => {
      this.#connections?.upgraded(socket);
      void this.#websockets.upgrade(request, socket, head);
    });
    server.maxConnections = maxConnections;
    server.timeout = IDLE_TIMEOUT_MS;
    this.#connections = new Connections(server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, bind, resolve);
    }).catch((cause: Error) => {
      throw new Error(`cannot listen on ${bind}:${port} (server.port): ${cause.message}`);
    });
    this.#server = server;
    this.#pings = setInterval(() => this.#hub.streams().forEach((stream) => stream.ping()), PING_INTERVAL_MS);
    const { config, logger, serverUrl } = this.#runtime;
    logger.info('HTTP API listening', { url: serverUrl });
    if (config.ui.enabled) logger.info('Dashboard', { url: `${serverUrl.replace(/\/$/, '')}/ui/` });
  }

  /** Ends the streams, finishes the requests in flight, then closes. */
  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#pings) clearInterval(this.#pings);
    const server = this.#server;
    this.#server = null;
    if (!server) return;
    const closed = new Promise((resolve) => server.close(resolve));
    this.#websockets.drain();
    for (const stream of this.#hub.streams()) {
      stream.end();
      this.#hub.close(stream);
    }
    server.closeIdleConnections();
    this.#connections?.closeSilent();
    const patienceMs = this.#runtime.config.server.shutdownTimeoutMs * PATIENCE;
    const cutOff = setTimeout(() => {
      server.closeAllConnections();
      this.#websockets.closeAll();
    }, patienceMs);
    await closed;
    clearTimeout(cutOff);
  }

  #route(request: IncomingMessage, response: ServerResponse): void {
    this.#connections?.requested(request, response);
    // A connection that is kept alive would outlive the server.
    if (this.#stopping) response.setHeader('connection', 'close');
    if (request.method === 'POST' && isRoot(request.url)) void this.#handleRpc(request, response);
    else this.#routes(request, response);
  }

  async #handleRpc(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { maxBodySize } = this.#runtime.config.server;
    const body = await readBody(request, maxBodySize);
    if (body.ok) {
      const answer = await this.#rpc.answer(body.bytes, request.headers);
      const length = this.#writeHead(request, response, answer);
      // As long in bytes as in characters, it is ASCII, which latin1 writes as it is.
      response.end(answer.body, length === answer.body.length ? 'latin1' : 'utf8');
    } else if (body.reason === 'too large') {
      const data = `The body is larger than ${maxBodySize} bytes (server.max_body_size)`;
      const answer = this.#rpc.refuse({ status: 413, data });
      response.setHeader('connection', 'close');
      this.#writeHead(request, response, answer);
      response.write(answer.body);
      await discardBody(request, LINGER_MS);
      response.end();
    }
  }

  /** @returns how many bytes the body has. */
  #writeHead(request: IncomingMessage, response: ServerResponse, { status, body }: Answer): number {
    if (this.#stopping) response.setHeader('connection', 'close');
    const length = Buffer.byteLength(body);
    response.writeHead(status, {
      'content-type': 'application/json',
      'content-length': length,
      ...SECURITY_HEADERS,
      ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
      ...this.#cors.headers(request.headers.origin),
    });
    return length;
  }
}

function isRoot(url: string | undefined): boolean {
  return url === '/' || (url !== undefined && ROOT.test(url));
}
