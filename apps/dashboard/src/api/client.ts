import type { Answers } from '@resonate/admin';
import { tokenRefused, currentToken } from './token.ts';

const PROTOCOL_VERSION = '2026-04-01';
/** The time limit of a request and its answer. */
const TIMEOUT_MS = 30_000;

/** An error status of the server or a proxy. `status` is 0 if the server could not be reached. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export type Query = Record<string, string | number | boolean | readonly string[] | undefined>;

/** GET of an admin endpoint. @param query an `id` in it takes the place of `:id` in the path. @throws ApiError */
export function get<Path extends keyof Answers<'GET'>>(
  path: Path,
  { id, ...query }: Query & { id?: string } = {},
  signal?: AbortSignal,
): Promise<Answers<'GET'>[Path]> {
  return request(`${withId(path, id)}${queryString(query)}`, { method: 'GET' }, signal);
}

/** POST to an admin endpoint. @param id takes the place of `:id` in the path. @throws ApiError */
export function post<Path extends keyof Answers<'POST'>>(
  path: Path,
  body: unknown,
  id?: string,
): Promise<Answers<'POST'>[Path]> {
  return request(withId(path, id), { method: 'POST', body: JSON.stringify(body) });
}

function withId(path: string, id = ''): string {
  return path.replace(':id', () => encodeURIComponent(id));
}

/**
 * One operation of the wire protocol (`POST /`), such as `promise.settle`. @returns the answer's `data`.
 * @throws ApiError
 */
export async function operate<T>(kind: string, data: Record<string, unknown>, signal?: AbortSignal): Promise<T> {
  const token = currentToken();
  // oxlint-disable-next-line typescript/no-unnecessary-condition -- pages over plain HTTP have no randomUUID
  const head = { corrId: crypto.randomUUID?.() ?? String(Math.random()), version: PROTOCOL_VERSION };
  const body = JSON.stringify({ kind, head: token === null ? head : { ...head, auth: token }, data });
  return (await request<{ data: T }>('/', { method: 'POST', body }, signal)).data;
}

/** `?a=1&tag=x&tag=y`; undefined and empty values are left out. */
export function queryString(query: Query): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    const values = Array.isArray(value) ? (value as readonly string[]) : [value];
    for (const one of values) if (one !== undefined && one !== '') params.append(name, String(one));
  }
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}

export function authorization(): Record<string, string> {
  const token = currentToken();
  return token === null ? {} : { authorization: `Bearer ${token}` };
}

async function request<T>(url: string, init: RequestInit, signal?: AbortSignal): Promise<T> {
  const headers = { accept: 'application/json', ...(init.body ? { 'content-type': 'application/json' } : {}) };
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const ends = signal ? AbortSignal.any([signal, timeout]) : timeout;
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, { ...init, headers: { ...headers, ...authorization() }, signal: ends });
    text = await response.text();
  } catch (cause) {
    if (signal?.aborted) throw cause;
    if (timeout.aborted) throw new ApiError(0, `The server did not answer within ${TIMEOUT_MS / 1000} seconds.`);
    throw new ApiError(0, 'The server cannot be reached. Check that it is running.');
  }
  const answer = parse(text);
  if (!response.ok) {
    if (response.status === 401) tokenRefused();
    throw new ApiError(response.status, messageOf(response, answer));
  }
  if (answer === undefined) throw new ApiError(response.status, 'The answer is not JSON. A proxy may have answered.');
  return answer as T;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The error message of an answer. Admin endpoints answer `{error}`; the protocol has the message as `data`. */
function messageOf(response: Response, answer: unknown): string {
  const { error, data } = (answer ?? {}) as { error?: unknown; data?: unknown };
  for (const message of [error, data]) if (typeof message === 'string' && message !== '') return message;
  return `The server answered with HTTP ${response.status} ${response.statusText}`.trim();
}
