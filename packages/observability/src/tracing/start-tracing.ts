import type { Tracing, TracingOptions } from './span.ts';

/** Loads OpenTelemetry, which a server without traces never does, and sends spans to a collector. */
export async function startTracing(options: TracingOptions): Promise<Tracing> {
  const { OtlpTracing } = await import('./otlp-tracing.ts');
  return new OtlpTracing(options);
}
