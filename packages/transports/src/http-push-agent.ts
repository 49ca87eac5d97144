import type { IncomingHttpHeaders } from 'node:http';
import { Agent, EnvHttpProxyAgent, Pool, type Dispatcher } from 'undici';
import { basicAuth } from './http-push-auth.ts';
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
    requestTls: connections.connect,
    proxyTls: connections.connect,
    // These send only CONNECT, so the answer means that the proxy has connected to the target.
    clientFactory: (proxy, opts) => new Pool(proxy, { ...opts, headersTimeout: connectTimeoutMs }),
    factory: (origin, opts: Pool.Options) =>
      isPlain(origin) && isPlain(httpProxy) && isTunnel(opts)
        ? new ForwardedPool(httpProxy, connections)
        : new Pool(origin, opts),
  });
}

function isPlain(url: string | URL): boolean {
  return String(url).toLowerCase().startsWith('http:');
}

/** Whether undici connects by its own function, through a proxy. For targets in NO_PROXY it gets plain options. */
function isTunnel({ connect }: Pool.Options): boolean {
  return typeof connect === 'function';
}

/**
 * The connections to the proxy for one plain HTTP target. Many proxies refuse CONNECT to ports other than 443, so these
 * requests send the whole URL to the proxy instead. The option `proxyTunnel: false` of undici does the same, but keeps
 * its pool of each target for ever and does not use our timeouts.
 */
class ForwardedPool extends Pool {
  readonly #headers: Record<string, string>;

  constructor(proxy: string, options: Pool.Options) {
    const url = new URL(proxy);
    super(url.origin, options);
    const { Authorization: auth } = basicAuth(url);
    this.#headers = auth === undefined ? {} : { 'proxy-authorization': auth };
  }

  override dispatch(request: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const headers = { ...(request.headers as IncomingHttpHeaders), ...this.#headers };
    return super.dispatch({ ...request, path: `${String(request.origin)}${request.path}`, headers }, handler);
  }
}
