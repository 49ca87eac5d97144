import {
  defaultTextMapGetter,
  defaultTextMapSetter,
  diag,
  DiagLogLevel,
  ROOT_CONTEXT,
  SpanKind as OtelKind,
  SpanStatusCode,
  trace,
  type Context,
  type Span as OtelSpan,
  type SpanContext,
  type Tracer,
} from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type SpanExporter,
} from '@opentelemetry/sdk-trace';
import { atMostEvery } from '../at-most-every.ts';
import type { Logger } from '../logger.ts';
import type { Attributes, Span, SpanOptions, TraceContext, Tracing, TracingOptions } from './span.ts';

/** How many spans may wait for the collector, about 10 MB. Beyond that, new ones are dropped. */
const MAX_QUEUE = 8_192;
const MAX_BATCH = 512;
const SEND_EVERY_MS = 1_000;
const SEND_TIMEOUT_MS = 5_000;
/** Limited, because clients choose some attributes, such as ids. */
const LIMITS = { attributeValueLengthLimit: 256, linkCountLimit: 128 };
/** At most one line in this time, so that a collector that is down does not fill the log. */
const LOG_EVERY_MS = 60_000;

const KINDS = { server: OtelKind.SERVER, producer: OtelKind.PRODUCER, internal: OtelKind.INTERNAL } as const;

/** Spans that OpenTelemetry's SDK sends to a collector. */
export class OtlpTracing implements Tracing {
  readonly #provider: TracerProvider;
  readonly #tracer: Tracer;
  readonly #propagator = new W3CTraceContextPropagator();

  constructor(exporter: SpanExporter, { endpoint, percent, attributes, logger }: TracingOptions) {
    diag.setLogger(diagnostics(logger, endpoint), DiagLogLevel.WARN);
    this.#provider = new TracerProvider({
      resource: resourceFromAttributes(attributes),
      sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(percent / 100) }),
      spanLimits: LIMITS,
      spanProcessors: [
        new BatchSpanProcessor({
          exporter,
          maxQueueSize: MAX_QUEUE,
          maxExportBatchSize: MAX_BATCH,
          scheduledDelayMillis: SEND_EVERY_MS,
          exportTimeoutMillis: SEND_TIMEOUT_MS,
        }),
      ],
    });
    this.#tracer = this.#provider.getTracer('resonate-server');
  }

  start({ name, kind, parent, links = [], attributes = {}, startedAt }: SpanOptions): Span {
    const linked = links.map((link) => this.#spanContext(link)).filter((context) => context !== undefined);
    const span = this.#tracer.startSpan(
      name,
      {
        kind: KINDS[kind],
        attributes,
        links: linked.map((context) => ({ context })),
        ...(startedAt !== undefined && { startTime: startedAt }),
      },
      this.#extract(parent),
    );
    return { context: this.#inject(span), end: (...args) => end(span, ...args) };
  }

  async close(): Promise<void> {
    // The SDK itself logs what it could not send.
    await this.#provider.shutdown().catch(() => {});
  }

  #extract(carrier: Partial<TraceContext> | undefined): Context {
    return carrier ? this.#propagator.extract(ROOT_CONTEXT, carrier, defaultTextMapGetter) : ROOT_CONTEXT;
  }

  #spanContext(carrier: TraceContext): SpanContext | undefined {
    return trace.getSpanContext(this.#extract(carrier));
  }

  #inject(span: OtelSpan): TraceContext {
    const carrier: Partial<TraceContext> = {};
    this.#propagator.inject(trace.setSpan(ROOT_CONTEXT, span), carrier, defaultTextMapSetter);
    return carrier as TraceContext;
  }
}

function end(span: OtelSpan, attributes: Attributes = {}, error?: string, endedAt?: number): void {
  span.setAttributes(attributes);
  if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error });
  span.end(endedAt);
}

/** Writes OpenTelemetry's warnings and errors into the server's log, at most one line per minute. */
function diagnostics(logger: Logger, endpoint: string) {
  const warn = atMostEvery(LOG_EVERY_MS, (message: string, ...details: unknown[]) =>
    logger.warn('traces could not be sent', { endpoint, error: message, details }),
  );
  const ignore = () => {};
  return { error: warn, warn, info: ignore, debug: ignore, verbose: ignore };
}
