import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { PROTOCOL_VERSION } from '@resonate/protocol/envelope';

export interface ClientOptions {
  /** Base URL of the server. */
  server: string;
  token?: string | undefined;
  /** What the server shall take for the present, epoch ms: only one in debug mode does. */
  debugTime?: number | undefined;
}

/** What went wrong, in one line for the user. */
export class ClientError extends Error {
  override readonly name = 'ClientError';
  /** What the server answered; null when it did not. */
  readonly status: number | null;

  constructor(message: string, status: number | null = null) {
    super(message);
    this.status = status;
  }
}

const TIMEOUT_MS = 30_000;
/** The server writes a comment into an event stream much more often: one that is silent for so long is dead. */
const SILENCE_MS = 90_000;
/** More of an answer that is no JSON tells nobody anything. */
const MAX_SHOWN = 200;

/** An answer of `POST /`: `status` 200 or 300. */
export interface Answer {
  status: number;
  data: Record<string, unknown>;
}

/**
 * One request of the protocol.
 * @throws ClientError when the server can't be reached or refuses: its own words.
 */
export async function request(kind: string, data: object, options: ClientOptions): Promise<Answer> {
  const { token, debugTime } = options;
  const head = {
    ...{ corrId: randomUUID(), version: PROTOCOL_VERSION },
    ...(token ? { auth: token } : {}),
    ...(debugTime === undefined ? {} : { 'resonate:debug_time': debugTime }),
  };
  const body = JSON.stringify({ kind, head, data });
  const response = await reach('', options, { body });
  const answer = (await json(response, options)) as { head?: { status?: unknown }; data?: unknown } | null;
  if (typeof answer?.head?.status !== 'number') {
    throw new ClientError(`${options.server} answered ${response.statusCode}, not as a Resonate server does`);
  }
  const { status } = answer.head;
  if (status >= 400) throw new ClientError(`${String(answer.data)} (${status})`, status);
  return { status, data: answer.data as Record<string, unknown> };
}

/** The data that the server answers to one request of the protocol. @throws ClientError */
export async function call<T = Record<string, unknown>>(
  kind: string,
  data: object,
  options: ClientOptions,
): Promise<T> {
  return (await request(kind, data, options)).data as T;
}

/** GETs JSON from a path of the server. @throws ClientError */
export function get(path: string, options: ClientOptions): Promise<unknown> {
  return exchange(path, options, {});
}

/** POSTs JSON to a path of the server that is not the protocol's. @throws ClientError */
export function post(path: string, body: object, options: ClientOptions): Promise<unknown> {
  return exchange(path, options, { body: JSON.stringify(body) });
}

async function exchange(path: string, options: ClientOptions, sent: Sent): Promise<unknown> {
  const response = await reach(path, options, sent);
  const { statusCode: status = 0 } = response;
  if (status >= 200 && status < 300) return json(response, options);
  const { error } = ((await json(response, options).catch(() => null)) ?? {}) as { error?: unknown };
  throw new ClientError(`${typeof error === 'string' ? error : `${path} was refused`} (${status})`, status);
}

interface Sent {
  /** JSON, for a POST; a GET without. */
  body?: string;
  accept?: string;
  /** Ends the request and its answer; a time limit when absent. */
  signal?: AbortSignal;
}

/**
 * Sends one request. By way of `node:http`, since loading `fetch` would be a third of a short command's time (100 ms
 * against 15, `time resonate promises get`).
 * @returns the answer, its body still to come. @throws ClientError when none comes.
 */
export async function reach(path: string, options: ClientOptions, sent: Sent): Promise<IncomingMessage> {
  const { body, accept, signal = AbortSignal.timeout(TIMEOUT_MS) } = sent;
  const { server, token } = options;
  const base = URL.canParse(server) ? new URL(server) : null;
  if (base === null || !/^https?:$/.test(base.protocol)) {
    throw new ClientError(`the server must be a URL such as http://localhost:8001, not ${JSON.stringify(server)}`);
  }
  const headers = {
    ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    ...(accept === undefined ? {} : { accept }),
    ...(token ? { authorization: `Bearer ${token}` } : {}),
  };
  const { request } = base.protocol === 'https:' ? await import('node:https') : await import('node:http');
  const url = `${server.replace(/\/+$/, '')}/${path.replace(/^\//, '')}`;
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST';
    const asked = request(url, { method, headers, signal, timeout: SILENCE_MS }, resolve);
    asked.on('timeout', () => asked.destroy(new Error(`silent for ${SILENCE_MS / 1000} s`)));
    asked.on('error', (error) => reject(new ClientError(`cannot reach ${base.origin}: ${reason(error)}`)));
    asked.end(body);
  });
}

/** Of a host with several addresses there is one error each. */
function reason(error: Error): string {
  if (error.name === 'AbortError') return `no answer within ${TIMEOUT_MS / 1000} s`;
  if (error instanceof AggregateError) return [...new Set(error.errors.map((one: Error) => one.message))].join(', ');
  return error.message;
}

async function json(response: IncomingMessage, { server }: ClientOptions): Promise<unknown> {
  const text = await textOf(response).catch((error: Error) => {
    throw new ClientError(`the answer of ${server} broke off: ${reason(error)}`);
  });
  try {
    return JSON.parse(text);
  } catch {
    const shown = text.trim().slice(0, MAX_SHOWN).replaceAll(/\s+/g, ' ');
    throw new ClientError(`${server} answered ${response.statusCode} with something else than JSON: ${shown}`);
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8');
  let text = '';
  for await (const part of response) text += part as string;
  return text;
}
