import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Answers } from '@resonate/admin';
import { PROTOCOL_VERSION } from '@resonate/protocol/envelope';

export interface ClientOptions {
  /** Base URL of the server. */
  server: string;
  token?: string | undefined;
  /** The time that the server uses as the current time, epoch ms. Only for a server in debug mode. */
  debugTime?: number | undefined;
}

/** An error as one line for the user. */
export class ClientError extends Error {
  override readonly name = 'ClientError';
  /** The status of the server's answer; null if there was none. */
  readonly status: number | null;

  constructor(message: string, status: number | null = null) {
    super(message);
    this.status = status;
  }
}

const TIMEOUT_MS = 30_000;
/** The server sends comments much more often, so an event stream that is silent for this long is dead. */
const SILENCE_MS = 90_000;
/** How much of an answer that is not JSON is shown. */
const MAX_SHOWN = 200;

/** An answer of `POST /`: `status` 200 or 300. */
export interface Answer {
  status: number;
  data: Record<string, unknown>;
}

/**
 * Sends one request of the protocol.
 * @throws ClientError if the server is unreachable or refuses the request. A refusal contains the server's message.
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
    throw new ClientError(
      `${options.server} is not a Resonate server: it answered ${response.statusCode ?? 0} without an envelope`,
    );
  }
  const { status } = answer.head;
  if (status >= 400) throw new ClientError(`${String(answer.data)} (${status})${adviceFor(status, options)}`, status);
  return { status, data: answer.data as Record<string, unknown> };
}

/** Sends one request of the protocol. @returns the data of the answer. @throws ClientError */
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

/** GETs from an endpoint of the admin API. @throws ClientError */
export async function getAdmin<Path extends keyof Answers<'GET'>>(
  path: Path,
  parameters: Readonly<Record<string, unknown>>,
  options: ClientOptions,
): Promise<Answers<'GET'>[Path]> {
  return (await get(withParameters(path, parameters), options)) as Answers<'GET'>[Path];
}

/** POSTs to an endpoint of the admin API. @throws ClientError */
export async function postAdmin<Path extends keyof Answers<'POST'>>(
  path: Path,
  body: object,
  options: ClientOptions,
  parameters: Readonly<Record<string, unknown>> = {},
): Promise<Answers<'POST'>[Path]> {
  return (await exchange(withParameters(path, parameters), options, {
    body: JSON.stringify(body),
  })) as Answers<'POST'>[Path];
}

/** Puts parameters into a path that names them (`:id`), and the others into its query. Only texts and numbers count. */
function withParameters(path: string, parameters: Readonly<Record<string, unknown>>): string {
  const query = new URLSearchParams();
  let filled = path;
  for (const [name, given] of Object.entries(parameters)) {
    for (const value of Array.isArray(given) ? given : [given]) {
      if (typeof value !== 'string' && typeof value !== 'number') continue;
      if (path.includes(`:${name}`)) filled = filled.replace(`:${name}`, () => encodeURIComponent(value));
      else query.append(name, String(value));
    }
  }
  return query.size === 0 ? filled : `${filled}?${query.toString()}`;
}

async function exchange(path: string, options: ClientOptions, sent: Sent): Promise<unknown> {
  const response = await reach(path, options, sent);
  const { statusCode: status = 0 } = response;
  if (status >= 200 && status < 300) return json(response, options);
  const { error } = ((await json(response, options).catch(() => null)) ?? {}) as { error?: unknown };
  const message = typeof error === 'string' ? error : `${path} was refused`;
  throw new ClientError(`${message} (${status})${adviceFor(status, options)}`, status);
}

/**
 * The end of an error message: what to do about a refused token. The server's own message has no details, so that it
 * does not help attackers.
 */
function adviceFor(status: number, { token }: ClientOptions): string {
  if (status === 401) {
    return token
      ? ': the server does not accept this token; it may have expired'
      : ': the server requires a token; set RESONATE_TOKEN or use --token';
  }
  return status === 403 && token ? ': the token does not allow this; check its role and prefix' : '';
}

interface Sent {
  /** JSON. With a body it is a POST, otherwise a GET. */
  body?: string;
  accept?: string;
  /** Aborts the request and its answer; if absent, a time limit applies. */
  signal?: AbortSignal;
}

/**
 * Sends one request. It uses `node:http`, because loading `fetch` takes 100 ms instead of 15 (`time resonate promises
 * get`), a third of a short command's time.
 * @returns the answer without its body. @throws ClientError if there is no answer.
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

/** The reason of a failed request. A host with several addresses has an error for each. */
function reason(error: Error): string {
  if (error.name === 'AbortError') return `no answer within ${TIMEOUT_MS / 1000} s`;
  if (error instanceof AggregateError) return [...new Set(error.errors.map((one: Error) => one.message))].join(', ');
  return error.message;
}

async function json(response: IncomingMessage, { server }: ClientOptions): Promise<unknown> {
  const text = await textOf(response).catch((error: unknown) => {
    throw new ClientError(`the connection to ${server} broke during its answer: ${reason(error as Error)}`);
  });
  try {
    return JSON.parse(text);
  } catch {
    const shown = text.trim().slice(0, MAX_SHOWN).replaceAll(/\s+/g, ' ');
    throw new ClientError(`${server} answered ${response.statusCode ?? 0} without JSON: ${shown}`);
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8');
  let text = '';
  for await (const part of response) text += part as string;
  return text;
}
