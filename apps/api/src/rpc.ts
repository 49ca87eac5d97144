import {
  checkRequest,
  isKind,
  knownKind,
  openEnvelope,
  sealEnvelope,
  type Echo,
  type Envelope,
  type Reply,
} from '@resonate/protocol';
import type { IncomingHttpHeaders } from 'node:http';
import type { Carrier, RuntimeWith, ServerTracing } from '@resonate/process';
import type { ExecuteOptions } from '@resonate/store';
import { bearerToken, type Auth } from './auth/auth.ts';
import { permissionFor } from './auth/permission.ts';

type Context = RuntimeWith<'config' | 'logger' | 'metrics' | 'tracing', 'execute'>;

type RequestSpan = ReturnType<ServerTracing['request']> | null;

type ClientOptions = Omit<ExecuteOptions, 'prefix'>;

export interface Answer {
  status: number;
  body: string;
}

/** The echo in the answer to a body that was not parsed. */
const UNREAD: Echo = { kind: 'unknown', corrId: '0' };
/**
 * Larger bodies are parsed only if the header has a valid token, or if the body may contain one. Smaller bodies are
 * always parsed, so that the answer to an unauthorized request echoes its `corrId`.
 */
const MAX_PARSED_WITHOUT_TOKEN = 16 * 1024;

/**
 * Answers requests: takes the bytes of a body and returns the text of the answer (protocol section 1). Never rejects.
 */
export class Rpc {
  readonly #runtime: Context;
  readonly #auth: Auth | null;
  readonly #choices: ClientOptions;

  /**
   * @param auth null: every request is accepted.
   * @param choices options of the store for these clients.
   */
  constructor(runtime: Context, auth: Auth | null, choices: ClientOptions = {}) {
    this.#runtime = runtime;
    this.#auth = auth;
    this.#choices = choices;
  }

  /** @param headers their token and trace context are used if the envelope's head has none. */
  async answer(body: Buffer, headers: IncomingHttpHeaders = {}): Promise<Answer> {
    const start = performance.now();
    const refused =
      this.#auth && body.length > MAX_PARSED_WITHOUT_TOKEN && (await tokenRefusal(this.#auth, body, headers));
    if (refused) return this.#seal(UNREAD, refused, start);
    const opened = openEnvelope(body);
    if (!opened.ok) return this.#seal(opened.echo, opened.reply, start);
    const { envelope } = opened;
    const { kind, head } = envelope;
    const span = this.#runtime.tracing?.request(knownKind(kind), head, carrierOf(headers)) ?? null;
    const reply = await (this.#auth
      ? this.#admit(this.#auth, envelope, body.length, headers.authorization, span)
      : this.#run(envelope, body.length, '', span));
    const answer = this.#seal({ kind, corrId: head.corrId }, reply, start);
    if (span) endSpan(span, envelope, reply);
    if (this.#runtime.logger.level === 'debug') this.#log(envelope, answer.status, performance.now() - start, span);
    return answer;
  }

  /** A refusal of a body that was never read. */
  refuse(reply: Reply): Answer {
    return this.#seal(UNREAD, reply, performance.now());
  }

  /** Checks authentication and permission (protocol section 9), then runs the request. */
  async #admit(
    auth: Auth,
    envelope: Envelope,
    size: number,
    authorization: string | undefined,
    span: RequestSpan,
  ): Promise<Reply> {
    const { kind, head, data } = envelope;
    const known = await auth.authenticate(head.auth ?? bearerToken(authorization));
    if (!known.ok) return { status: known.status, data: known.message };
    const { principal } = known.token;
    const permission = permissionFor(principal, kind, data);
    const { searchPrefix } = this.#runtime.config.auth;
    if (permission === 'denied' || (permission === 'search' && searchPrefix === 'deny')) {
      return { status: 403, data: 'Forbidden' };
    }
    return this.#run(envelope, size, principal.prefix ?? '', span);
  }

  /** @param prefix the prefix that every id in the answer of a search must have. */
  #run({ kind, head, data }: Envelope, size: number, prefix: string, span: RequestSpan): Reply | Promise<Reply> {
    if (!isKind(kind)) return { status: 400, data: `Unknown operation: ${shown(kind)}` };
    const { debug } = this.#runtime.config;
    if (kind.startsWith('debug.') && !debug) return { status: 403, data: 'Debug operations need --debug' };
    const checked = checkRequest(kind, data);
    if (!checked.ok) return { status: 400, data: checked.message };
    const { store, tracing } = this.#runtime;
    const request = span && tracing ? tracing.carry(checked.request, span) : checked.request;
    const options = { ...this.#choices, prefix, corrId: head.corrId };
    return store.execute(request, (debug ? head.debugTime : null) ?? null, size, options);
  }

  #log({ kind, head, data }: Envelope, status: number, ms: number, span: RequestSpan): void {
    const fields = {
      kind: knownKind(kind),
      corrId: head.corrId,
      id: idOf(data),
      status,
      ms: Math.round(ms * 1000) / 1000,
    };
    this.#runtime.logger.debug('request', { ...fields, ...(span && { traceparent: span.context.traceparent }) });
  }

  #seal(echo: Echo, reply: Reply, start: number): Answer {
    const { status, body } = this.#written(echo, reply);
    this.#runtime.metrics.countRequest(echo.kind, status, (performance.now() - start) / 1000);
    return { status, body };
  }

  /**
   * Serializes an answer. That may fail: a page of large promises can exceed the maximum length of a string (0.5 GB).
   */
  #written(echo: Echo, reply: Reply): Answer {
    try {
      return { status: reply.status, body: sealEnvelope(echo, reply) };
    } catch (error) {
      this.#runtime.logger.error('an answer could not be serialized', { kind: knownKind(echo.kind), error });
      const failed = { status: 500, data: 'The answer is too large. Request fewer results with `limit`.' };
      return { status: failed.status, body: sealEnvelope(echo, failed) };
    }
  }
}

/** Refuses a body without a valid token in the header, unless the body may have a token in `head.auth`. */
async function tokenRefusal(auth: Auth, body: Buffer, { authorization }: IncomingHttpHeaders): Promise<Reply | null> {
  if (body.includes('"auth"')) return null;
  const known = await auth.authenticate(bearerToken(authorization));
  return known.ok ? null : { status: known.status, data: known.message };
}

/** An unknown kind for an error message, cut to 100 characters. */
function shown(kind: string): string {
  return kind.length <= 100 ? kind : `${kind.slice(0, 100).toWellFormed()}…`;
}

function carrierOf({ traceparent, tracestate }: IncomingHttpHeaders): Carrier {
  return { traceparent, tracestate };
}

/** The id that the request is about, or that of its inner action. */
function idOf(data: Envelope['data']): string | undefined {
  const { action } = data as { action?: { data?: { id?: unknown } } | null };
  const id = data['id'] ?? data['awaited'] ?? action?.data?.id;
  return typeof id === 'string' ? id : undefined;
}

function endSpan(span: NonNullable<RequestSpan>, { head, data }: Envelope, { status, data: answer }: Reply): void {
  const id = idOf(data);
  span.end(
    { 'resonate.status': status, 'resonate.corr_id': head.corrId, ...(id !== undefined && { 'resonate.id': id }) },
    status >= 500 ? String(answer) : undefined,
  );
}
