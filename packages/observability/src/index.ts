export { atMostEvery } from './at-most-every.ts';
export { createLogger, silentLogger, type Logger, type LogLevel, type LogTarget, type RootLogger } from './logger.ts';
export { LevelSwitch, type Levelled, type LevelState } from './log-level.ts';
export type { Fields } from './log-format.ts';
export { createMetrics, type Metrics, type Role } from './metrics/metrics.ts';
export { quantileMs, type RequestCounts } from './metrics/tally.ts';
export type { AttemptOutcome, BacklogReading } from './metrics/deliveries.ts';
export { TOP_TARGETS, type InFlight } from './metrics/top-targets.ts';
export { startTracing } from './tracing/start-tracing.ts';
export type {
  Attributes,
  OtlpProtocol,
  Span,
  SpanKind,
  SpanOptions,
  TraceContext,
  Tracing,
  TracingOptions,
} from './tracing/span.ts';
