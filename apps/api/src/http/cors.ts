import type { OutgoingHttpHeaders } from 'node:http';

const MAX_AGE_S = '600';

/**
 * CORS (server.cors.allow_origins): the headers that allow a browser's page to read an answer. There are none if its
 * origin is not allowed.
 */
export class Cors {
  readonly #origins: ReadonlySet<string>;

  constructor(origins: readonly string[]) {
    this.#origins = new Set(origins.map((origin) => origin.toLowerCase()));
  }

  headers(origin: string | undefined): OutgoingHttpHeaders {
    if (origin === undefined || this.#origins.size === 0) return {};
    if (this.#origins.has('*')) return { 'access-control-allow-origin': '*' };
    const vary = { vary: 'origin' };
    return this.#origins.has(origin.toLowerCase()) ? { 'access-control-allow-origin': origin, ...vary } : vary;
  }

  /** The answer to a preflight request. */
  preflight(origin: string | undefined, requestedHeaders: string | undefined): OutgoingHttpHeaders {
    const headers = this.headers(origin);
    if (headers['access-control-allow-origin'] === undefined) return headers;
    return {
      ...headers,
      'access-control-allow-methods': 'GET, POST, OPTIONS',
      'access-control-allow-headers': requestedHeaders ?? 'content-type, authorization',
      'access-control-max-age': MAX_AGE_S,
    };
  }
}
