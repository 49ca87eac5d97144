import type { SpanExporter } from '@opentelemetry/sdk-trace';
import { otlpAddress } from './otlp-url.ts';
import type { OtlpProtocol } from './span.ts';

const SEND_TIMEOUT_MS = 5_000;

/** Loads only the client of the configured protocol. */
export async function createExporter(endpoint: string, wanted: OtlpProtocol): Promise<SpanExporter> {
  const { protocol, url } = otlpAddress(endpoint, wanted);
  const options = { url, timeoutMillis: SEND_TIMEOUT_MS };
  if (protocol === 'grpc') {
    const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-grpc');
    return new OTLPTraceExporter(options);
  }
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
  return new OTLPTraceExporter(options);
}
