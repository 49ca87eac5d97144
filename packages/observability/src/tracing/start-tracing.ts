import type { Tracing, TracingOptions } from './span.ts';

/**
 * Loads OpenTelemetry, then sends spans to a collector. Not called if tracing is off, so that OpenTelemetry is not
 * loaded.
 */
export async function startTracing(options: TracingOptions): Promise<Tracing> {
  const { createExporter } = await import('./otlp-exporter.ts');
  const { OtlpTracing } = await import('./otlp-tracing.ts');
  return new OtlpTracing(await createExporter(options.endpoint, options.protocol), options);
}
