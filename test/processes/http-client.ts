import { randomUUID } from 'node:crypto';
import { Agent, request, type IncomingHttpHeaders } from 'node:http';
import { PROTOCOL_VERSION, type Reply } from '@resonate/protocol';

export interface HttpAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface HttpRequest {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

/** The parsed envelope of an answer of the RPC route. */
export interface RpcAnswer extends Reply {
  kind: string;
  corrId: string;
}

const ANSWERED_WITHIN_MS = 30_000;

/** Requests to one server over connections that are kept alive. */
export class HttpClient {
  readonly #url: string;
  readonly #agent: Agent;

  /** @param connections the maximum number of connections. Further requests wait for a free one. */
  constructor(url: string, connections = 1) {
    this.#url = url;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /** Sends any HTTP request. Rejects only if there is no complete answer. */
  send({ method = 'GET', path = '/', headers = {}, body }: HttpRequest): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
      const sent = request(
        `${this.#url}${path}`,
        { method, agent: this.#agent, headers: { ...length, ...headers }, timeout: ANSWERED_WITHIN_MS },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('error', reject);
          answer.on('end', () =>
            resolve({
              status: answer.statusCode ?? 0,
              headers: answer.headers,
              body: Buffer.concat(chunks).toString('utf8'),
            }),
          );
        },
      );
      sent.on('timeout', () => sent.destroy(new Error(`no answer within ${ANSWERED_WITHIN_MS} ms`)));
      sent.on('error', reject);
      sent.end(body);
    });
  }

  /** Sends any body to the RPC route, and checks the envelope of the answer. */
  async post(body: string | Buffer, headers: Record<string, string> = {}): Promise<RpcAnswer> {
    const answer = await this.send({
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
    return openAnswer(answer);
  }

  /** One request of the protocol. @param now sent as `resonate:debug_time`. */
  async rpc(kind: string, data: unknown, now?: number): Promise<RpcAnswer> {
    const corrId = randomUUID();
    const head = { corrId, version: PROTOCOL_VERSION, ...(now === undefined ? {} : { 'resonate:debug_time': now }) };
    const answer = await this.post(JSON.stringify({ kind, head, data }));
    if (answer.kind !== kind || answer.corrId !== corrId) {
      throw new Error(`the answer to ${kind} ${corrId} says ${answer.kind} ${answer.corrId}`);
    }
    return answer;
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** Reads the envelope of an answer. @throws if it does not have the shape of protocol section 1. */
export function openAnswer({ status, headers, body }: HttpAnswer): RpcAnswer {
  const fault = (what: string) => new Error(`${what}: HTTP ${status} ${body.slice(0, 1_000)}`);
  if (!headers['content-type']?.startsWith('application/json')) throw fault('the answer is not declared as JSON');
  let envelope: { kind?: unknown; head?: Record<string, unknown>; data?: unknown };
  try {
    envelope = JSON.parse(body) as typeof envelope;
  } catch {
    throw fault('the answer is not JSON');
  }
  const { kind, head, data } = envelope;
  if (Object.keys(envelope).sort().join() !== 'data,head,kind') throw fault('the answer is not an envelope');
  if (typeof kind !== 'string' || typeof head?.['corrId'] !== 'string') throw fault('kind and corrId must be strings');
  if (head['status'] !== status) throw fault('head.status is not the HTTP status');
  if (head['version'] !== PROTOCOL_VERSION) throw fault(`head.version is not ${PROTOCOL_VERSION}`);
  if (typeof data !== (status >= 400 ? 'string' : 'object') || data === null) throw fault('data has the wrong type');
  return { status, kind, corrId: head['corrId'], data };
}
