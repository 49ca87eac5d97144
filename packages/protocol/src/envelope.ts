import { isUtf8 } from 'node:buffer';
import { boundsError } from './json-bounds.ts';

/** The envelope around every request and reply (protocol section 1). */

export const PROTOCOL_VERSION = '2026-04-01';

export interface Head {
  corrId: string;
  version: string;
  /** JWT (protocol section 9). */
  auth?: string;
  /** W3C trace context. As the standard requires, an invalid one is ignored. */
  traceparent?: string;
  tracestate?: string;
  /** Replaces the clock for this request, in debug mode only. */
  debugTime?: number;
}

export interface Envelope {
  kind: string;
  head: Head;
  data: Record<string, unknown>;
}

/** Status and `data` of a reply. The `data` of an error is a string. */
export interface Reply {
  status: number;
  data: unknown;
}

/** The head fields of the reply, as far as they could be read from the request. */
export interface Echo {
  kind: string;
  corrId: string;
}

export type Opened = { ok: true; envelope: Envelope } | { ok: false; echo: Echo; reply: Reply };

/** Opens a request body: returns the envelope, or the 400 to answer. Never throws. */
export function openEnvelope(body: Buffer): Opened {
  const unknown: Echo = { kind: 'unknown', corrId: '0' };
  const parsed = parseJson(body);
  if (!parsed.ok) return refuse(unknown, parsed.error);
  const root = parsed.json;
  if (!isObject(root)) return refuse(unknown, 'the body must be a JSON object');
  const head = isObject(root['head']) ? root['head'] : undefined;
  const corrId = head?.['corrId'];
  const echo: Echo = {
    kind: typeof root['kind'] === 'string' ? root['kind'] : 'unknown',
    corrId: typeof corrId === 'string' ? corrId : '0',
  };
  if (typeof root['kind'] !== 'string' || root['kind'] === '') return refuse(echo, 'kind must be a non-empty string');
  if (!head) return refuse(echo, 'head must be an object');
  if (typeof corrId !== 'string') return refuse(echo, 'head.corrId must be a string');
  if (head['version'] !== PROTOCOL_VERSION) return refuse(echo, `head.version must be "${PROTOCOL_VERSION}"`);
  if (!isObject(root['data'])) return refuse(echo, 'data must be an object');
  return readHead(echo, head, root['data']);
}

function readHead(echo: Echo, head: Record<string, unknown>, data: Record<string, unknown>): Opened {
  const read: Head = { corrId: echo.corrId, version: PROTOCOL_VERSION };
  if (typeof head['auth'] === 'string') read.auth = head['auth'];
  if (typeof head['traceparent'] === 'string') read.traceparent = head['traceparent'];
  if (typeof head['tracestate'] === 'string') read.tracestate = head['tracestate'];
  const debugTime = head['resonate:debug_time'];
  if (debugTime !== undefined && debugTime !== null) {
    if (!Number.isSafeInteger(debugTime) || (debugTime as number) < 0) {
      return refuse(echo, 'head["resonate:debug_time"] must be a non-negative integer');
    }
    read.debugTime = debugTime as number;
  }
  return { ok: true, envelope: { kind: echo.kind, head: read, data } };
}

function refuse(echo: Echo, error: string): Opened {
  return { ok: false, echo, reply: { status: 400, data: `Invalid request: ${error}` } };
}

/**
 * Checks the depth and number of values of a JSON body, then parses it. `error` is meant to follow "Invalid request: ".
 */
export function parseJson(body: Buffer): { ok: true; json: unknown } | { ok: false; error: string } {
  if (!isUtf8(body)) return { ok: false, error: 'the body is not valid UTF-8' };
  const error = boundsError(body);
  if (error !== null) return { ok: false, error };
  try {
    return { ok: true, json: JSON.parse(body.toString('utf8')) };
  } catch {
    return { ok: false, error: 'the body is not valid JSON' };
  }
}

function isObject(json: unknown): json is Record<string, unknown> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

/** The body of a reply. */
export function sealEnvelope(echo: Echo, reply: Reply): string {
  return JSON.stringify({
    kind: echo.kind,
    head: { corrId: echo.corrId, status: reply.status, version: PROTOCOL_VERSION },
    data: reply.data,
  });
}
