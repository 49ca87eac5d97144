import type { Config } from '@resonate/config';
import type { Clock, Service } from '@resonate/lifecycle';
import type { Logger } from '@resonate/observability';
import { LRUCache } from 'lru-cache';
import { KeysUnavailable, RemoteKeys } from './jwks.ts';
import { readPemKeys, type VerificationKey } from './keys.ts';
import { principalOf, type Principal } from './principal.ts';
import { claimsError, expiryOf, isSignedBy, parseToken, type ClaimRules, type Token } from './token.ts';

/** A token that is valid. */
export interface Verified {
  principal: Principal;
  /** Epoch ms, including the leeway. */
  expiresAt: number;
}

export type Authentication = { ok: true; token: Verified } | { ok: false; status: 401 | 503; message: string };

export interface AuthOptions {
  config: Config['auth'];
  logger: Logger;
  clock: Clock;
}

const UNAUTHORIZED: Authentication = { ok: false, status: 401, message: 'Unauthorized' };
const UNAVAILABLE: Authentication = {
  ok: false,
  status: 503,
  message: 'The keys that verify tokens are not available yet',
};

/** Limits of the cache of verified tokens: their number, and their characters in total. */
const CACHED = { max: 10_000, maxSize: 16 * 1024 * 1024 };

/** Checks tokens (protocol section 9). A verified token stays valid until it expires or the keys change. */
export class Auth implements Service {
  readonly name = 'auth';
  readonly #options: AuthOptions;
  readonly #rules: ClaimRules;
  /** Replaced when the keys change, so that a check with the old keys that ends later adds nothing to it. */
  #verified = noTokens();
  readonly #acceptsUnsigned: boolean;
  readonly #remote: RemoteKeys | null;
  #files: readonly VerificationKey[] = [];

  constructor(options: AuthOptions) {
    this.#options = options;
    const { publickey, jwksUrl, jwksRefreshMs, iss, aud, leewayMs } = options.config;
    this.#rules = { iss, aud, leewayMs };
    this.#acceptsUnsigned = publickey.includes('none');
    const changed = () => void (this.#verified = noTokens());
    const { logger } = options;
    this.#remote =
      jwksUrl === null ? null : new RemoteKeys({ url: jwksUrl, refreshMs: jwksRefreshMs, logger, changed });
  }

  /** Reads the keys. Rejects if a file has no key, or a key that cannot be used. */
  async start(): Promise<void> {
    const { config, logger } = this.#options;
    if (this.#acceptsUnsigned) {
      logger.warn('Auth accepts unsigned tokens: anyone can make one');
      return;
    }
    this.#files = readPemKeys(config.publickey);
    await this.#remote?.start();
    logger.info('Auth enabled', { publickey: config.publickey, jwksUrl: config.jwksUrl });
  }

  async stop(): Promise<void> {
    await this.#remote?.stop();
  }

  /** Checks a token. Returns synchronously for a token that was verified before, which is the usual case. */
  authenticate(text: string | undefined): Authentication | Promise<Authentication> {
    if (text === undefined) return UNAUTHORIZED;
    const token = this.#verified.get(text);
    if (token && this.#options.clock.now() < token.expiresAt) return { ok: true, token };
    return this.#verify(text);
  }

  async #verify(text: string): Promise<Authentication> {
    const cache = this.#verified;
    const token = parseToken(text);
    const reason = token ? claimsError(token.claims, this.#rules, this.#options.clock.now()) : 'not a JWT';
    if (!token || reason !== null) return this.#refuse(reason);
    try {
      if (!this.#acceptsUnsigned && !(await this.#isSigned(token))) return this.#refuse('not signed by a known key');
    } catch (error) {
      if (error instanceof KeysUnavailable) return UNAVAILABLE;
      throw error;
    }
    const expiresAt = (expiryOf(token.claims) ?? 0) + this.#rules.leewayMs;
    const verified = { principal: principalOf(token.claims), expiresAt };
    cache.set(text, verified);
    return { ok: true, token: verified };
  }

  #refuse(reason: string | null): Authentication {
    this.#options.logger.debug('a token was refused', { reason });
    return UNAUTHORIZED;
  }

  async #isSigned(token: Token): Promise<boolean> {
    for (const key of this.#files) if (await isSignedBy(token, key)) return true;
    return (await this.#remote?.isSigned(token)) ?? false;
  }
}

function noTokens(): LRUCache<string, Verified> {
  return new LRUCache({ ...CACHED, sizeCalculation: (_, text) => text.length });
}

/** The token of an `Authorization: Bearer` header. */
export function bearerToken(authorization: string | undefined): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
}

/** null: auth is off, and every request is accepted. */
export function createAuth({ config, ...rest }: { config: Config; logger: Logger; clock: Clock }): Auth | null {
  const { publickey, jwksUrl } = config.auth;
  return publickey.length === 0 && jwksUrl === null ? null : new Auth({ config: config.auth, ...rest });
}
