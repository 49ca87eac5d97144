export {
  startTracing,
  type Attributes,
  type Span,
  type SpanKind,
  type SpanOptions,
  type TraceContext,
  type Tracing,
  type TracingOptions,
} from './tracing.ts';
export { otlpUrl } from './otlp-url.ts';
