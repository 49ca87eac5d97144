import type { Logger } from '../logger.ts';

/** W3C trace context (https://www.w3.org/TR/trace-context). HTTP headers, envelope heads and promises carry it. */
export interface TraceContext {
  traceparent: string;
  tracestate?: string;
}

/** `server` answers a request, `producer` sends a message, `internal` is neither. */
export type SpanKind = 'server' | 'producer' | 'internal';

export type Attributes = Readonly<Record<string, string | number>>;

export interface SpanOptions {
  /** One of a few fixed names. Everything else about a span is an attribute. */
  name: string;
  kind: SpanKind;
  /** The parent. If it is absent or invalid, the span begins a trace. */
  parent?: Partial<TraceContext> | undefined;
  /** Other spans that this span works for, such as the requests of a batch. */
  links?: readonly TraceContext[];
  attributes?: Attributes;
  /** Epoch ms, may have fractions; now by default. */
  startedAt?: number;
}

export interface Span {
  /** To be passed to other processes, whose spans become children of this one. */
  readonly context: TraceContext;
  /** @param error the error message, if it failed. @param endedAt epoch ms; now by default. */
  end(attributes?: Attributes, error?: string, endedAt?: number): void;
}

export interface Tracing {
  start(options: SpanOptions): Span;
  /** Sends the remaining spans, for some seconds at most. Never rejects. */
  close(): Promise<void>;
}

export type OtlpProtocol = 'auto' | 'grpc' | 'http';

export interface TracingOptions {
  /** As configured: `host:port` or a URL. */
  endpoint: string;
  /** `auto`: OTLP over gRPC to port 4317, over HTTP to any other. */
  protocol: OtlpProtocol;
  /**
   * The percentage of traces beginning here that are recorded. For other traces, the process where they begin decides.
   */
  percent: number;
  /** Attributes of the process, such as `service.name`. */
  attributes: Attributes;
  logger: Logger;
}
