/**
 * A list of hosts that may be pushed to: `workers.example.com`, `*.example.com` (its subdomains, not the host itself)
 * or `10.0.0.5:9000`. Without a port any port is allowed. An empty list allows every host.
 */
export class AllowedHosts {
  readonly #patterns: readonly { suffix: boolean; host: string; port: string | null }[];

  constructor(patterns: readonly string[]) {
    this.#patterns = patterns.map((pattern) => {
      const suffix = pattern.startsWith('*.');
      const { hostname, port } = split(suffix ? pattern.slice(2) : pattern);
      return { suffix, host: hostname, port };
    });
  }

  allows(url: URL): boolean {
    if (this.#patterns.length === 0) return true;
    const host = url.hostname.replace(/\.$/, '');
    const port = url.port || (url.protocol === 'https:' ? '443' : '80');
    return this.#patterns.some((pattern) => {
      if (pattern.port !== null && pattern.port !== port) return false;
      return pattern.suffix ? host.endsWith(`.${pattern.host}`) : host === pattern.host;
    });
  }
}

/** As URLs spell hosts: lower case, punycode, IPv4 in four parts, IPv6 in brackets. */
function split(pattern: string): { hostname: string; port: string | null } {
  const port = /:(\d{1,5})$/.exec(pattern)?.[1] ?? null;
  const host = port === null ? pattern : pattern.slice(0, -port.length - 1);
  // Parse the host without its port, because URL drops a default port.
  const url = URL.canParse(`http://${host}`) ? new URL(`http://${host}`) : null;
  return { hostname: (url?.hostname ?? host.toLowerCase()).replace(/\.$/, ''), port };
}
