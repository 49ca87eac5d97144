import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Express, Router } from 'express';
import { effectiveServerUrl } from '@resonate/config';
import { listen, type Service } from '@resonate/lifecycle';
import type { Runtime } from '@resonate/process';
import type { StreamHub } from '@resonate/transports';
import type { Auth } from '../auth/auth.ts';
import { Rpc, type Answer } from '../rpc.ts';
import { WebSocketEndpoint } from '../websocket/websocket-endpoint.ts';
import { Admission, type Refused } from '../limits/admission.ts';
import { AllowedOrigins } from '../limits/allowed-origins.ts';
import { unreadBudget, type ByteBudget } from '../limits/byte-budget.ts';
import { Bodies, endUnread, NO_ROOM, type Body, type MemoryLimits } from './bodies.ts';
import { Connections } from './connections.ts';
import { Cors } from './cors.ts';
import { createRoutes } from './routes.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

/**
 * A connection that is silent in both directions for this long is closed. Event streams carry pings, so they are not.
 */
const IDLE_TIMEOUT_MS = 120_000;
/** The longest interval in which Node checks for requests that arrive too slowly. */
const MAX_CHECK_INTERVAL_MS = 5_000;
/**
 * Longer than the idle timeout of common load balancers, so that they close idle connections before this server does.
 */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;
const MAX_HEADER_BYTES = 16 * 1024;
/** After this share of server.shutdown_timeout, connections with unfinished requests are closed. */
const GRACE_SHARE = 0.8;
/** The path `/`, with or without a query, or as part of a complete URL (RFC 9112 section 3.2.2). */
const ROOT = /^(?:https?:\/\/[^/?]+)?\/?(?:\?|$)/i;
/** Shorter than the idle timeouts of SDKs (300 s) and of usual proxies (60 s). */
const PING_INTERVAL_MS = 15_000;

/**
 * The HTTP server. `POST /` bypasses express: on one machine Node's bare server answered 22,900 small JSON POSTs/s, and
 * express 12,600. Express handles all other paths.
 */
export class HttpServer implements Service {
  readonly name = 'http';
  readonly #runtime: Runtime;
  readonly #hub: StreamHub;
  readonly #rpc: Rpc;
  readonly #websockets: WebSocketEndpoint;
  readonly #cors: Cors;
  readonly #admission: Admission;
  readonly #bodies: Bodies;
  readonly #unread: ByteBudget;
  readonly #routes: Express;
  #server: Server | null = null;
  #connections: Connections | null = null;
  #pings: NodeJS.Timeout | null = null;
  #stopping = false;

  constructor(runtime: Runtime, hub: StreamHub, auth: Auth | null, admin: (limits: MemoryLimits) => Router) {
    this.#runtime = runtime;
    this.#hub = hub;
    this.#rpc = new Rpc(runtime, auth);
    const { server } = runtime.config;
    const origins = new AllowedOrigins(server.cors.allowOrigins);
    this.#cors = new Cors(origins);
    this.#admission = new Admission({ server, origins, hasAuth: auth !== null });
    // Workers with one connection already know the promises of their tasks, so preload only their own.
    const workers = new Rpc(runtime, auth, { fencePreload: 'own' });
    this.#unread = unreadBudget(server.maxUnreadAnswers);
    this.#bodies = new Bodies(server);
    const budgets = { unread: this.#unread, unfinished: this.#bodies.unfinished };
    this.#websockets = new WebSocketEndpoint(runtime, hub, auth, workers, this.#admission, budgets);
    const answered = (response: ServerResponse, bytes: number) => this.#connections?.answered(response, bytes);
    this.#routes = createRoutes(runtime, hub, this.#cors, auth, admin({ bodies: this.#bodies, answered }));
  }

  /** Rejects if the port cannot be opened. */
  async start(): Promise<void> {
    const { config, logger } = this.#runtime;
    const { bind, port } = config.server;
    const server = this.#create();
    const opened = await listen(server, { bind, port, option: 'server.port', logger });
    this.#server = server;
    this.#pings = setInterval(() => this.#hub.streams().forEach((stream) => stream.ping()), PING_INTERVAL_MS);
    const serverUrl = effectiveServerUrl(config, opened);
    this.#runtime.serverUrl = serverUrl;
    logger.info('HTTP API listening', { url: serverUrl });
    if (config.ui.enabled) logger.info('Dashboard', { url: `${serverUrl.replace(/\/$/, '')}/ui/` });
  }

  #create(): Server {
    const { maxConnections, headersTimeoutMs, requestTimeoutMs } = this.#runtime.config.server;
    const server = createServer(
      {
        headersTimeout: headersTimeoutMs,
        requestTimeout: requestTimeoutMs,
        connectionsCheckingInterval: Math.min(headersTimeoutMs / 4, MAX_CHECK_INTERVAL_MS),
        keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
        maxHeaderSize: MAX_HEADER_BYTES,
        noDelay: true,
        // Ignore other upgrades, such as Java's offer of HTTP/2. The request is then answered without an upgrade.
        shouldUpgradeCallback: (request) => WebSocketEndpoint.isFor(request),
      },
      (request, response) => this.#route(request, response),
    );
    server.on('checkContinue', (request, response) => {
      this.#route(request, response, true);
    });
    server.on('upgrade', (request, socket, head) => {
      this.#connections?.upgraded(socket);
      void this.#websockets.upgrade(request, socket, head);
    });
    server.maxConnections = maxConnections;
    server.timeout = IDLE_TIMEOUT_MS;
    this.#connections = new Connections(server, this.#unread);
    return server;
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
    // Wait until written messages count as delivered. Otherwise they would become due again, and another process would
    // send them a second time.
    await this.#hub.drain();
    for (const stream of this.#hub.streams()) {
      stream.end();
      this.#hub.close(stream);
    }
    server.closeIdleConnections();
    this.#connections?.closeSilent();
    const graceMs = this.#runtime.config.server.shutdownTimeoutMs * GRACE_SHARE;
    const cutOff = setTimeout(() => {
      server.closeAllConnections();
      this.#websockets.closeAll();
    }, graceMs);
    await closed;
    clearTimeout(cutOff);
  }

  /**
   * @param mustContinue true if the client waits for "100 Continue" before it sends the body (`Expect: 100-continue`).
   */
  #route(request: IncomingMessage, response: ServerResponse, mustContinue = false): void {
    const handle = () => {
      // While stopping, do not keep connections alive, because the server waits until they are closed.
      if (this.#stopping) response.setHeader('connection', 'close');
      const refused = this.#admission.check(request);
      if (mustContinue && !refused && !this.#bodies.isTooLarge(request)) response.writeContinue();
      const isRpc = request.method === 'POST' && isRoot(request.url);
      // The body of a GET is dropped. A stream's request would hold it as long as the stream is open.
      if (request.method === 'GET') request.resume();
      if (refused) void this.#refuse(request, response, refused, isRpc);
      else if (isRpc) void this.#handleRpc(request, response);
      else this.#routes(request, response);
    };
    if (this.#connections) this.#connections.requested(request, response, handle);
    else handle();
  }

  async #handleRpc(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await this.#bodies.read(request);
    if (!body.ok) {
      await this.#refuseBody(request, response, body);
      return;
    }
    const answer = await this.#rpc.answer(body.bytes, request.headers);
    const length = this.#writeHead(request, response, answer);
    // If the text has as many bytes as characters, it is ASCII. Then latin1 writes the same bytes and is faster.
    response.end(answer.body, length === answer.body.length ? 'latin1' : 'utf8');
    this.#connections?.answered(response, length);
  }

  async #refuseBody(request: IncomingMessage, response: ServerResponse, { reason }: Unread): Promise<void> {
    if (reason === 'aborted') return;
    const { maxBodySize } = this.#runtime.config.server;
    const data =
      reason === 'too large' ? `The body is larger than ${maxBodySize} bytes (server.max_body_size)` : NO_ROOM;
    const answer = this.#rpc.refuse({ status: reason === 'too large' ? 413 : 503, data });
    response.setHeader('connection', 'close');
    this.#writeHead(request, response, answer);
    await endUnread(request, response, answer.body);
  }

  /** Answers with an error. The body of the request is not used. */
  async #refuse(
    request: IncomingMessage,
    response: ServerResponse,
    { status, message }: Refused,
    isRpc: boolean,
  ): Promise<void> {
    const answer = isRpc
      ? this.#rpc.refuse({ status, data: message })
      : { status, body: JSON.stringify({ error: message }) };
    const hasBody = 'transfer-encoding' in request.headers || Number(request.headers['content-length'] ?? 0) > 0;
    if (hasBody) response.setHeader('connection', 'close');
    this.#writeHead(request, response, answer);
    if (hasBody && request.method !== 'HEAD') await endUnread(request, response, answer.body);
    else response.end(request.method === 'HEAD' ? undefined : answer.body);
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

type Unread = Extract<Body, { ok: false }>;

function isRoot(url: string | undefined): boolean {
  return url === '/' || (url !== undefined && ROOT.test(url));
}
