const TRACES = '/v1/traces';

/** Where OTLP over HTTP sends traces: `localhost:4318` and `http://localhost:4318` get the usual path, others keep theirs. */
export function otlpUrl(endpoint: string): string {
  const url = new URL(/^https?:\/\//i.test(endpoint) ? endpoint : `http://${endpoint}`);
  if (url.pathname === '/') url.pathname = TRACES;
  return url.href;
}
