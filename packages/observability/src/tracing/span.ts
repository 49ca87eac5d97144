import type { Logger } from '../logger.ts';

/** W3C trace context as it travels (https://www.w3.org/TR/trace-context): in HTTP headers, heads and promises. */
export interface TraceContext {
  traceparent: string;
  tracestate?: string;
}

/** `server` answers somebody, `producer` sends a message, `internal` is neither. */
export type SpanKind = 'server' | 'producer' | 'internal';

export type Attributes = Readonly<Record<string, string | number>>;

export interface SpanOptions {
  /** One of few: what differs from span to span is an attribute. */
  name: string;
  kind: SpanKind;
  /** What it belongs to; left out or not understood: it begins a trace. */
  parent?: Partial<TraceContext> | undefined;
  /** Other spans it serves. */
  links?: readonly TraceContext[];
  attributes?: Attributes;
  /** Epoch milliseconds, fractions too; now when left out. */
  startedAt?: number;
}

export interface Span {
  /** Makes spans elsewhere children of this one. */
  readonly context: TraceContext;
  /** @param error what went wrong, if something did. @param endedAt epoch milliseconds; now when left out. */
  end(attributes?: Attributes, error?: string, endedAt?: number): void;
}

export interface Tracing {
  start(options: SpanOptions): Span;
  /** Sends what is left, for some seconds at most. Never rejects. */
  close(): Promise<void>;
}

export type OtlpProtocol = 'auto' | 'grpc' | 'http';

export interface TracingOptions {
  /** As configured: `host:port` or a URL. */
  endpoint: string;
  /** `auto`: OTLP over gRPC to port 4317, over HTTP to any other. */
  protocol: OtlpProtocol;
  /** Of the traces that begin here, how many are recorded; those that began elsewhere go by what their beginning says. */
  percent: number;
  /** Of the process: `service.name` and the like. */
  attributes: Attributes;
  logger: Logger;
}
