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

/** Anything that may carry trace context: HTTP headers, the head of an envelope, the headers of a promise's param. */
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

/** @returns null if traces are off. OpenTelemetry is not loaded then. */
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
 * The spans of a server. A promise stores the trace context of the request that created it, as `traceparent` and
 * `tracestate` in the headers of its param. There it is durable, every process and worker sees it, and no extra column
 * or index is needed.
 */
export class ServerTracing {
  readonly #tracing: Tracing;
  /** The span of each request that is running. */
  readonly #spans = new WeakMap<object, Span>();

  constructor(tracing: Tracing) {
    this.#tracing = tracing;
  }

  /**
   * The span of a request. Trace context in the head takes precedence over HTTP headers. The same holds for the token.
   */
  request(kind: string, head: Carrier, headers: Carrier): Span {
    return this.#tracing.start({ name: kind, kind: 'server', parent: contextOf(head) ?? contextOf(headers) });
  }

  /**
   * Returns the request to run. If it creates a promise, the promise stores the trace context, unless the client set
   * one.
   */
  carry(request: Request, span: Span): Request {
    const carried = withContext(request, span.context);
    this.#spans.set(carried, span);
    return carried;
  }

  /** The span of a batch: a child of its first request's span, with links to the others. */
  batch({ sort, size, commands, waitedMs, ms }: Batch): void {
    const [parent, ...links] = commands()
      .map((command) => this.#spans.get(command)?.context)
      .filter((context) => context !== undefined);
    // Timers and other work of the server itself belong to no trace.
    if (!parent) return;
    const endedAt = performance.timeOrigin + performance.now();
    const attributes = { 'resonate.batch.size': size, 'resonate.batch.waited_ms': waitedMs };
    this.#tracing
      .start({ name: `store ${sort}`, kind: 'internal', parent, links, attributes, startedAt: endedAt - ms })
      .end({}, undefined, endedAt);
  }

  /** The span of one attempt to deliver a message. @param param the param headers of the message's promise. */
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

/** The message with the span's trace context in its head, so that the worker continues the trace. */
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
