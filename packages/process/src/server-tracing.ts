import type { Config } from '@resonate/config';
import { promiseIdOf, type Message, type Request } from '@resonate/protocol';
import {
  type Logger,
  type Role,
  type Span,
  startTracing,
  type TraceContext,
  type Tracing,
} from '@resonate/observability';
import type { Batch } from '@resonate/store';

/** Where trace context may come from: HTTP headers, the head of an envelope, a promise's param headers. */
export interface Carrier {
  readonly traceparent?: unknown;
  readonly tracestate?: unknown;
}

export interface ServerTracingOptions {
  config: Config;
  role: Role;
  version: string;
  processId: string;
  logger: Logger;
}

/** @returns null when traces are off: then OpenTelemetry is not even loaded. */
export async function openTracing(options: ServerTracingOptions): Promise<ServerTracing | null> {
  const { config, role, version, processId, logger } = options;
  const { otlpEndpoint: endpoint, otlpProtocol: protocol, tracePercent: percent } = config.observability;
  if (endpoint === null) return null;
  const attributes = {
    'service.name': 'resonate-server',
    'service.version': version,
    'service.instance.id': processId,
    'resonate.role': role,
  };
  return new ServerTracing(await startTracing({ endpoint, protocol, percent, attributes, logger }));
}

/**
 * The spans of a server. A promise remembers the trace that created it as `traceparent` (and `tracestate`) among its
 * param's headers: durable, seen by every process and every worker, and no column or index of its own.
 */
export class ServerTracing {
  readonly #tracing: Tracing;
  /** The span of each request that is under way. */
  readonly #spans = new WeakMap<object, Span>();

  constructor(tracing: Tracing) {
    this.#tracing = tracing;
  }

  /** The span of a request; the head's context goes before that of the HTTP headers, as its token does. */
  request(kind: string, head: Carrier, headers: Carrier): Span {
    return this.#tracing.start({ name: kind, kind: 'server', parent: contextOf(head) ?? contextOf(headers) });
  }

  /** The request as it is run: a promise that it creates remembers the trace, unless its client gave it one. */
  carry(request: Request, span: Span): Request {
    const carried = withContext(request, span.context);
    this.#spans.set(carried, span);
    return carried;
  }

  /** A batch as a child of its first request; the others are linked. */
  batch({ sort, size, commands, waitedMs, ms }: Batch): void {
    const [parent, ...links] = commands()
      .map((command) => this.#spans.get(command)?.context)
      .filter((context) => context !== undefined);
    // Timers and other work of the server's own belong to no trace.
    if (!parent) return;
    const endedAt = performance.timeOrigin + performance.now();
    const attributes = { 'resonate.batch.size': size, 'resonate.batch.waited_ms': waitedMs };
    this.#tracing
      .start({ name: `store ${sort}`, kind: 'internal', parent, links, attributes, startedAt: endedAt - ms })
      .end({}, undefined, endedAt);
  }

  /** The span of one attempt to deliver a message. @param param headers of the promise it belongs to. */
  delivery(transport: string, message: Message, param: Carrier | undefined): Span {
    return this.#tracing.start({
      name: `deliver ${message.kind}`,
      kind: 'producer',
      parent: param && contextOf(param),
      attributes: { 'messaging.system': transport, 'resonate.id': promiseIdOf(message) },
    });
  }

  close(): Promise<void> {
    return this.#tracing.close();
  }
}

/** The same message with a trace context in its head, for the worker's own spans. */
export function traced<M extends Message>(message: M, span: Span): M {
  return { ...message, head: { ...message.head, ...span.context } };
}

function contextOf({ traceparent, tracestate }: Carrier): TraceContext | undefined {
  if (typeof traceparent !== 'string') return undefined;
  return { traceparent, ...(typeof tracestate === 'string' && { tracestate }) };
}

interface Param {
  headers?: Record<string, string> | undefined;
}

function withContext(request: Request, context: TraceContext): Request {
  switch (request.kind) {
    case 'promise.create':
      return { ...request, data: remembering(request.data, context) };
    case 'task.create':
      return { ...request, data: { ...request.data, action: inner(request.data.action, context) } };
    case 'task.fence': {
      const { action } = request.data;
      if (action.kind !== 'promise.create') return { ...request };
      return { ...request, data: { ...request.data, action: inner(action, context) } };
    }
    default:
      return { ...request };
  }
}

function inner<Action extends { data: { param: Param } }>(action: Action, context: TraceContext): Action {
  return { ...action, data: remembering(action.data, context) };
}

function remembering<Data extends { param: Param }>(data: Data, context: TraceContext): Data {
  const { headers } = data.param;
  if (headers?.['traceparent'] !== undefined) return data;
  return { ...data, param: { ...data.param, headers: { ...headers, ...context } } };
}
