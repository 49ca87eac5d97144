import type { OtlpProtocol } from './span.ts';

const TRACES = '/v1/traces';
/** The port that OTLP's specification assigns to gRPC. */
const GRPC_PORT = '4317';

export interface OtlpAddress {
  protocol: 'grpc' | 'http';
  url: string;
}

/**
 * Where traces are sent. An endpoint without a scheme is http:. Over HTTP, an endpoint without a path gets
 * `/v1/traces`.
 */
export function otlpAddress(endpoint: string, protocol: OtlpProtocol): OtlpAddress {
  const url = new URL(/^https?:\/\//i.test(endpoint) ? endpoint : `http://${endpoint}`);
  const isGrpc = protocol === 'grpc' || (protocol === 'auto' && url.port === GRPC_PORT && url.pathname === '/');
  if (isGrpc) return { protocol: 'grpc', url: url.origin };
  if (url.pathname === '/') url.pathname = TRACES;
  return { protocol: 'http', url: url.href };
}
