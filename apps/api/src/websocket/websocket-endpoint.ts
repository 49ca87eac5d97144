import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Runtime } from '@resonate/process';
import { pollNamesError } from '@resonate/protocol';
import type { StreamHub } from '@resonate/transports';
import { WebSocketServer, type WebSocket } from 'ws';
import { bearerToken, type Auth, type Verified } from '../auth/auth.ts';
import { mayJoin } from '../auth/principal.ts';
import type { Admission } from '../limits/admission.ts';
import { untilExpiry } from '../limits/end-at.ts';
import type { Rpc } from '../rpc.ts';
import { WorkerConnection, type ConnectionBudgets } from './worker-connection.ts';

/**
 * `/connect/{group}/{id}`. Several slashes are accepted, because clients with a base URL that ends in a slash send two.
 */
const PATH = /^\/+connect\/([^/?]+)\/([^/?]+)(?:\?|$)/;

const SHUTTING_DOWN = 'the server is shutting down';

/** Why a connection is refused. */
interface Refused {
  status: number;
  error: string;
}

interface Admitted {
  group: string;
  id: string;
  /** null: auth is off. */
  token: Verified | null;
}

/** Workers' WebSockets (docs/protocol.md section 6). One connection replaces `POST /` and an event stream. */
export class WebSocketEndpoint {
  readonly #runtime: Runtime;
  readonly #hub: StreamHub;
  readonly #auth: Auth | null;
  readonly #rpc: Rpc;
  readonly #admission: Admission;
  readonly #server: WebSocketServer;
  readonly #budgets: ConnectionBudgets;
  /** Each connection with the function that removes it from the hub. */
  readonly #connections = new Map<WorkerConnection, () => void>();
  #stopping = false;

  constructor(
    runtime: Runtime,
    hub: StreamHub,
    auth: Auth | null,
    rpc: Rpc,
    admission: Admission,
    budgets: ConnectionBudgets,
  ) {
    this.#budgets = budgets;
    this.#runtime = runtime;
    this.#hub = hub;
    this.#auth = auth;
    this.#rpc = rpc;
    this.#admission = admission;
    const { maxBodySize } = runtime.config.server;
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: maxBodySize,
      // Invalid UTF-8 must not close the connection: opening the envelope answers it with a 400.
      skipUTF8Validation: true,
    });
    // Tells clients the limit, so that they refuse a larger request themselves instead of losing the connection.
    this.#server.on('headers', (headers) => headers.push(`resonate-max-frame: ${maxBodySize}`));
  }

  /** True for a request that this endpoint answers, even if only to refuse it. */
  static isFor({ headers }: IncomingMessage): boolean {
    return headers.upgrade?.toLowerCase() === 'websocket';
  }

  async upgrade(request: IncomingMessage, raw: Duplex, head: Buffer): Promise<void> {
    // The client may leave while its token is checked.
    raw.on('error', () => {});
    const admitted = await this.#admit(request);
    if ('status' in admitted) refuse(raw, admitted);
    else this.#server.handleUpgrade(request, raw, head, (socket) => this.#open(socket, request, raw, admitted));
  }

  /**
   * Asks all workers to connect to another process. They get no further messages. Requests that they have sent are
   * still answered.
   */
  drain(): void {
    this.#stopping = true;
    for (const [connection, leave] of this.#connections) {
      leave();
      connection.drain(SHUTTING_DOWN);
    }
  }

  /** Closes the connections of workers that have not left. */
  closeAll(): void {
    for (const connection of this.#connections.keys()) connection.terminate();
  }

  async #admit(request: IncomingMessage): Promise<Admitted | Refused> {
    const { url = '', headers } = request;
    const { httpPoll, websocket } = this.#runtime.config.transports;
    const place = PATH.exec(url);
    if (!place) return { status: 404, error: 'this path does not accept WebSockets: connect to /connect/{group}/{id}' };
    const refused = this.#admission.check(request);
    if (refused) return { status: refused.status, error: refused.message };
    if (!httpPoll.enabled || !websocket.enabled)
      return {
        status: 404,
        error: 'WebSockets are disabled (transports.websocket.enabled, transports.http_poll.enabled)',
      };
    if (this.#stopping) return { status: 503, error: 'the server is shutting down' };
    const [group, id] = [decoded(place[1]), decoded(place[2])];
    if (group === null || id === null) return { status: 400, error: 'group and id must be percent-encoded text' };
    const invalid = pollNamesError(group, id);
    if (invalid !== null) return { status: 400, error: invalid };
    const known = await this.#auth?.authenticate(bearerToken(headers.authorization));
    if (known && !known.ok) return { status: known.status, error: known.message };
    if (known && !mayJoin(known.token.principal, group)) return { status: 403, error: 'Forbidden' };
    if (!this.#hub.hasPlaceFor(group, id)) return { status: 503, error: 'too many streams are open' };
    return { group, id, token: known?.token ?? null };
  }

  #open(socket: WebSocket, request: IncomingMessage, raw: Duplex, { group, id, token }: Admitted): void {
    const { clock, config, metrics } = this.#runtime;
    const { maxInFlight, maxUnread } = config.transports.websocket;
    const connection = new WorkerConnection(socket, raw, {
      rpc: this.#rpc,
      headers: request.headers,
      limits: { maxInFlight, maxInFlightBytes: config.server.maxBodySize, maxUnread },
      budgets: this.#budgets,
    });
    const stream = this.#hub.openAcknowledged(group, id, {
      write: (text) => connection.send(text),
      ping: () => connection.ping(),
      end: () => connection.replace(),
    });
    connection.attach(stream);
    const leave = () => this.#hub.close(stream);
    this.#connections.set(connection, leave);
    metrics.websocketConnections.set(this.#connections.size);
    socket.once('close', () => {
      leave();
      this.#connections.delete(connection);
      metrics.websocketConnections.set(this.#connections.size);
    });
    const stopWaiting = untilExpiry(token?.expiresAt ?? null, clock, () => {
      leave();
      connection.drain('the token has expired');
    });
    socket.once('close', stopWaiting);
    // The server began to stop while this connection was being opened.
    if (this.#stopping) {
      leave();
      connection.drain(SHUTTING_DOWN);
    }
  }
}

function decoded(part = ''): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

function refuse(raw: Duplex, { status, error }: Refused): void {
  const body = JSON.stringify({ error });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(status === 401 ? ['WWW-Authenticate: Bearer'] : []),
  ];
  // Without this, a client that does not close its side would keep the connection open forever.
  raw.once('finish', () => raw.destroy());
  raw.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
