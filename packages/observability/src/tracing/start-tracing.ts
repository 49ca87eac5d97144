import type { Tracing, TracingOptions } from './span.ts';

/** Loads OpenTelemetry, and sends spans to a collector. A server without traces never calls this. */
export async function startTracing(options: TracingOptions): Promise<Tracing> {
  const { createExporter } = await import('./otlp-exporter.ts');
  const { OtlpTracing } = await import('./otlp-tracing.ts');
  return new OtlpTracing(await createExporter(options.endpoint, options.protocol), options);
}
