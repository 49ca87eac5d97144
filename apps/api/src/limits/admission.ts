import type { IncomingMessage } from 'node:http';
import { hostname, networkInterfaces } from 'node:os';
import type { Config } from '@resonate/config';
import type { AllowedOrigins } from './allowed-origins.ts';

/** The answer to a request that is refused before anything else is checked. */
export interface Refused {
  status: 400 | 403;
  message: string;
}

export interface AdmissionOptions {
  server: Pick<Config['server'], 'host' | 'bind' | 'url' | 'allowedHosts'>;
  origins: AllowedOrigins;
  /** False if the server accepts requests without a token. Then the Host header must name this machine. */
  hasAuth: boolean;
}

/** The list of this machine's addresses is read again for an unknown address, at most once in this time. */
const INTERFACES_MS = 5_000;
const LOOPBACK = /^127(?:\.\d{1,3}){3}$/;
const OPEN_PATH = /^\/(?:health|ready)(?:\?|$)/;
const PAGE_PATH = /^\/(?:ui(?:\/|\?|$)|\?|$)/;
const ABSOLUTE_URL = /^https?:\/\/([^/?#]*)/i;

/**
 * Refuses requests from web pages of other sites. A browser sends requests to this server for any page that it shows,
 * and without authentication nothing else would stop them. SDKs and the command line send no `Origin`.
 *
 * - A request with an `Origin` must come from this server's own page or an allowed origin
 *   (`server.cors.allow_origins`).
 * - A request that the browser marks as coming from another site (`Sec-Fetch-Site`) must have an `Origin`. Requests
 *   for images and scripts have none.
 * - Without authentication the `Host` must be a name of this machine. Otherwise a page could point its own host name
 *   at this machine (DNS rebinding) and would count as the server's own page.
 */
export class Admission {
  readonly #origins: AllowedOrigins;
  readonly #hosts: readonly string[] | null;
  readonly #own: ReadonlySet<string>;
  readonly #ownOrigin: string | null;
  #addresses: ReadonlySet<string> = new Set();
  /** The last accepted Host header. It is cached, because nearly all requests have the same one. */
  #acceptedHost: string | null = null;
  #readAt = -Infinity;

  constructor({ server, origins, hasAuth }: AdmissionOptions) {
    const { host, bind, url, allowedHosts } = server;
    this.#origins = origins;
    this.#hosts = hasAuth || allowedHosts.includes('*') ? null : allowedHosts.map((name) => name.toLowerCase());
    const own = url === null ? null : new URL(url);
    this.#ownOrigin = own?.origin ?? null;
    this.#own = new Set(['localhost', hostname(), host, bind, own?.hostname ?? 'localhost'].map(bareName));
  }

  /** Checks a request, also an upgrade. @returns null if the request may continue. */
  check(request: IncomingMessage): Refused | null {
    const { headers, url = '' } = request;
    if (hasTwoHosts(request.rawHeaders)) return { status: 400, message: 'A request must have one Host header' };
    if (OPEN_PATH.test(url)) return null;
    const host = (url.startsWith('/') ? undefined : ABSOLUTE_URL.exec(url)?.[1]) ?? headers.host;
    if (host !== undefined && host !== this.#acceptedHost) {
      if (this.#hosts !== null && !this.#isOwnHost(bareName(host), this.#hosts)) return notAName(host);
      this.#acceptedHost = host;
    }
    const { origin } = headers;
    if (origin === undefined) return isForeignWithoutOrigin(request) && !this.#origins.hasAll ? FOREIGN : null;
    return this.#origins.has(origin) || this.#isOwnPage(origin.toLowerCase(), host) ? null : FOREIGN;
  }

  /** @param origin in lower case. */
  #isOwnPage(origin: string, host: string | undefined): boolean {
    if (origin === this.#ownOrigin) return true;
    // The scheme is not compared, because a proxy may terminate TLS.
    return host !== undefined && URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
  }

  #isOwnHost(name: string, allowed: readonly string[]): boolean {
    if (this.#own.has(name) || LOOPBACK.test(name) || name === '[::1]' || name.endsWith('.localhost')) return true;
    if (allowed.some((entry) => (entry.startsWith('*.') ? name.endsWith(entry.slice(1)) : name === entry))) return true;
    return this.#isAddress(name);
  }

  /**
   * Whether `name` is an address of this machine. Network interfaces may change, so the list is read again for an
   * unknown address.
   */
  #isAddress(name: string): boolean {
    if (!/^[\d.]+$|^\[[\da-f:.]+\]$/.test(name)) return false;
    if (!this.#addresses.has(name) && performance.now() - this.#readAt > INTERFACES_MS) {
      this.#readAt = performance.now();
      this.#addresses = ownAddresses();
    }
    return this.#addresses.has(name);
  }
}

/** None if the system does not tell them, for example because the process may not open netlink sockets. */
function ownAddresses(): ReadonlySet<string> {
  try {
    const interfaces = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    return new Set(
      interfaces.map(({ family, address }) => (family === 'IPv6' ? `[${address.toLowerCase()}]` : address)),
    );
  } catch {
    return new Set();
  }
}

function notAName(host: string): Refused {
  const shown = JSON.stringify(host.slice(0, 255));
  return { status: 403, message: `Host ${shown} is not a name of this server (server.allowed_hosts, server.url)` };
}

const FOREIGN: Refused = {
  status: 403,
  message: 'Pages of this origin may not call this server (server.cors.allow_origins)',
};

/**
 * A browser's request on behalf of another site that has no `Origin`: an image, a script, a frame. Only opening the
 * dashboard by a link is allowed.
 */
function isForeignWithoutOrigin({ method, url = '', headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin' || site === 'none') return false;
  return !(method === 'GET' && headers['sec-fetch-mode'] === 'navigate' && PAGE_PATH.test(url));
}

/** Two Host headers are refused, because a proxy and this server might each use a different one. */
function hasTwoHosts(rawHeaders: readonly string[]): boolean {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host' && ++count > 1) return true;
  }
  return false;
}

/** A host's name without its port and without the dot of a fully qualified name, in lower case. */
function bareName(host: string): string {
  const name = host.toLowerCase().replace(/:\d*$/, '');
  // An IPv6 address without brackets is not valid in a Host header, but usual as the value of an option (`server.bind =
  // ::1`).
  if (host.includes(':') && !host.startsWith('[') && host.split(':').length > 2) return `[${host.toLowerCase()}]`;
  return name.endsWith('.') ? name.slice(0, -1) : name;
}
