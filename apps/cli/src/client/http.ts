import { randomUUID } from 'node:crypto';
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
  const response = await reach('', options, { method: 'POST', body });
  const answer = (await json(response)) as { head?: { status?: unknown }; data?: unknown } | null;
  if (typeof answer?.head?.status !== 'number') {
    throw new ClientError(`${options.server} answered ${response.status}, not as a Resonate server does`);
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
  return fetchJson(path, options, {});
}

/** POSTs JSON to a path of the server that is not the protocol's. @throws ClientError */
export function post(path: string, body: object, options: ClientOptions): Promise<unknown> {
  return fetchJson(path, options, { method: 'POST', body: JSON.stringify(body) });
}

async function fetchJson(path: string, options: ClientOptions, init: RequestInit): Promise<unknown> {
  const response = await reach(path, options, init);
  if (response.ok) return json(response);
  const { error } = ((await json(response).catch(() => null)) ?? {}) as { error?: unknown };
  const { status } = response;
  throw new ClientError(`${typeof error === 'string' ? error : `${path} was refused`} (${status})`, status);
}

/** Sends one request. @throws ClientError when no answer comes. */
export async function reach(path: string, { server, token }: ClientOptions, init: RequestInit): Promise<Response> {
  const base = URL.canParse(server) ? new URL(server) : null;
  if (base === null || !/^https?:$/.test(base.protocol)) {
    throw new ClientError(`the server must be a URL such as http://localhost:8001, not ${JSON.stringify(server)}`);
  }
  const headers = {
    ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(token ? { authorization: `Bearer ${token}` } : {}),
  };
  const url = `${server.replace(/\/+$/, '')}/${path.replace(/^\//, '')}`;
  const signal = init.signal ?? AbortSignal.timeout(TIMEOUT_MS);
  return fetch(url, { ...init, headers: { ...headers, ...init.headers }, signal }).catch((error: Error) => {
    throw new ClientError(`cannot reach ${base.origin}: ${reason(error)}`);
  });
}

/** Node says `fetch failed`, and the cause of it inside, which may be one error per address of a host. */
function reason(error: Error): string {
  if (error.name === 'TimeoutError') return `no answer within ${TIMEOUT_MS / 1000} s`;
  const { cause } = error;
  if (cause instanceof AggregateError) return [...new Set(cause.errors.map((one: Error) => one.message))].join(', ');
  return (cause instanceof Error && cause.message) || error.message;
}

async function json(response: Response): Promise<unknown> {
  const text = await response.text().catch((error: Error) => {
    throw new ClientError(`the answer of ${response.url} broke off: ${reason(error)}`);
  });
  try {
    return JSON.parse(text);
  } catch {
    const shown = text.trim().slice(0, MAX_SHOWN).replaceAll(/\s+/g, ' ');
    throw new ClientError(`${response.url} answered ${response.status} with something else than JSON: ${shown}`);
  }
}
