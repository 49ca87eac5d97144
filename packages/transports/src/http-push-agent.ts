import { Agent, EnvHttpProxyAgent, type Dispatcher } from 'undici';
import { trustedWith } from './trusted.ts';

export interface HttpPushAgentOptions {
  connectTimeoutMs: number;
  requestTimeoutMs: number;
  connectionsPerTarget: number;
  /** PEM file with further trusted certificate authorities. */
  caFile: string | null;
  /** The environment with HTTP_PROXY, HTTPS_PROXY and NO_PROXY, in upper or lower case. */
  env: NodeJS.ProcessEnv;
}

/**
 * The connections of HTTP pushes: to the targets, or through the proxies in the environment.
 * @throws if the CA file cannot be read or has no certificate, or if a proxy is not a URL.
 */
export function createHttpPushAgent(options: HttpPushAgentOptions): Dispatcher {
  const { connectTimeoutMs, requestTimeoutMs, connectionsPerTarget, caFile, env } = options;
  const tls = caFile === null ? {} : { ca: trustedWith(caFile) };
  const connections = {
    connections: connectionsPerTarget,
    connect: { timeout: connectTimeoutMs, ...tls },
    // The answer may be the result of a long function call. Only the request's own timeout limits it.
    headersTimeout: requestTimeoutMs,
    bodyTimeout: requestTimeoutMs,
  };
  const httpProxy = env['http_proxy'] || env['HTTP_PROXY'] || '';
  const httpsProxy = env['https_proxy'] || env['HTTPS_PROXY'] || '';
  if (httpProxy === '' && httpsProxy === '') return new Agent(connections);
  for (const proxy of [httpProxy, httpsProxy]) {
    if (proxy !== '' && !URL.canParse(proxy)) throw new Error('HTTP_PROXY or HTTPS_PROXY is not a URL');
  }
  return new EnvHttpProxyAgent({
    ...connections,
    httpProxy,
    httpsProxy,
    noProxy: env['no_proxy'] || env['NO_PROXY'] || '',
    // Many proxies refuse CONNECT to ports other than 443, so plain HTTP requests send the whole URL to the proxy
    // instead.
    proxyTunnel: false,
    requestTls: tls,
    proxyTls: tls,
  });
}
