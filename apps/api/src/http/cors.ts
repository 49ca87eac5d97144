import type { OutgoingHttpHeaders } from 'node:http';
import type { AllowedOrigins } from '../limits/allowed-origins.ts';

const MAX_AGE_S = '600';

/**
 * CORS (server.cors.allow_origins): the headers that allow a browser's page to read an answer. There are none if its
 * origin is not allowed.
 */
export class Cors {
  readonly #allowed: AllowedOrigins;

  constructor(allowed: AllowedOrigins) {
    this.#allowed = allowed;
  }

  headers(origin: string | undefined): OutgoingHttpHeaders {
    if (origin === undefined || this.#allowed.isEmpty) return {};
    if (this.#allowed.hasAll) return { 'access-control-allow-origin': '*' };
    const vary = { vary: 'origin' };
    return this.#allowed.has(origin) ? { 'access-control-allow-origin': origin, ...vary } : vary;
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
