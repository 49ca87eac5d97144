import { createPublicKey, type JsonWebKey } from 'node:crypto';
import type { Service } from '@resonate/lifecycle';
import type { Logger } from '@resonate/observability';
import { compactVerify, createRemoteJWKSet, customFetch, errors } from 'jose';
import { ALGORITHMS, verificationKey } from './keys.ts';
import type { Token } from './token.ts';

const FETCH_TIMEOUT_MS = 5_000;
/** Tokens with unknown key ids cause at most one fetch in this time. */
const UNKNOWN_KID_INTERVAL_MS = 10_000;
const MAX_BYTES = 512 * 1024;
/** More keys than any issuer uses at a time. It is limited, because a token without a key id is tried with each key. */
const MAX_KEYS = 50;

const VERIFY = { algorithms: [...ALGORITHMS] };

export interface RemoteKeysOptions {
  url: string;
  /** How often the set is fetched again. A revoked key is accepted for at most this time. */
  refreshMs: number;
  logger: Logger;
  /** Called when the set has changed. */
  changed: () => void;
}

/** The key set has not been fetched yet, so no token can be verified. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
}

/** A key set that is fetched from a URL (JWKS, RFC 7517). If it cannot be fetched, the last keys stay in use. */
export class RemoteKeys implements Service {
  readonly name = 'jwks';
  readonly #options: RemoteKeysOptions;
  readonly #keySet: ReturnType<typeof createRemoteJWKSet>;
  #fetching: Promise<void> | null = null;
  #searchedAt = -Infinity;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: RemoteKeysOptions) {
    this.#options = options;
    this.#keySet = createRemoteJWKSet(new URL(options.url), {
      timeoutDuration: FETCH_TIMEOUT_MS,
      // Turn off jose's own fetching: only this class decides when to fetch. jose would refuse every token while an
      // expired set cannot be fetched, and it does not limit how often it tries.
      cacheMaxAge: Infinity,
      cooldownDuration: Infinity,
      [customFetch]: (url, request) => fetchKeySet(url, request, options.logger),
    });
  }

  /** Resolves even if the set cannot be fetched, because the server must start while its issuer is unreachable. */
  async start(): Promise<void> {
    await this.#refresh();
    this.#timer = setInterval(() => void this.#refresh(), this.#options.refreshMs);
  }

  async stop(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer);
    await this.#fetching;
  }

  /**
   * Whether a key of the set signed the token. If the set lacks the key, it is fetched again. @throws KeysUnavailable
   */
  async isSigned(token: Token): Promise<boolean> {
    const known = this.#keySet.fresh ? await this.#verify(token) : 'unknown key';
    if (known !== 'unknown key') return known;
    await this.#search();
    if (!this.#keySet.fresh) throw new KeysUnavailable('the key set could not be fetched');
    return (await this.#verify(token)) === true;
  }

  async #verify({ text }: Token): Promise<boolean | 'unknown key'> {
    try {
      await compactVerify(text, this.#keySet, VERIFY);
      return true;
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) return 'unknown key';
      if (error instanceof errors.JWKSMultipleMatchingKeys) return isSignedByAny(text, error);
      return false;
    }
  }

  /** Fetches the set, unless a search did so less than `UNKNOWN_KID_INTERVAL_MS` ago. */
  async #search(): Promise<void> {
    const now = performance.now();
    if (!this.#fetching && now - this.#searchedAt < UNKNOWN_KID_INTERVAL_MS) return;
    this.#searchedAt = now;
    await this.#refresh();
  }

  #refresh(): Promise<void> {
    this.#fetching ??= this.#fetch().finally(() => (this.#fetching = null));
    return this.#fetching;
  }

  async #fetch(): Promise<void> {
    const { url, logger, changed } = this.#options;
    const before = JSON.stringify(this.#keySet.jwks());
    try {
      await this.#keySet.reload();
    } catch (error) {
      logger.warn('auth keys could not be fetched', { url, error });
      return;
    }
    const set = this.#keySet.jwks();
    if (JSON.stringify(set) === before) return;
    changed();
    logger.info('Auth keys fetched', { url, count: set?.keys.length });
  }
}

/** For a token without a key id. Tries each key of its algorithm. */
async function isSignedByAny(text: string, keys: errors.JWKSMultipleMatchingKeys): Promise<boolean> {
  for await (const key of keys) {
    try {
      await compactVerify(text, key, VERIFY);
      return true;
    } catch {
      // Another key may have signed it.
    }
  }
  return false;
}

/**
 * Fetches the set and keeps only the keys that this server can use.
 * @throws Error if it is too large or has no such key, so that the keys of the last fetch stay in use
 */
async function fetchKeySet(url: string, request: RequestInit, logger: Logger): Promise<Response> {
  const response = await fetch(url, request);
  if (!response.ok || !response.body) {
    await response.body?.cancel();
    throw new Error(`the server of the key set answered ${response.status}`);
  }
  const set = JSON.parse(await readText(response.body)) as { keys?: unknown } | null;
  if (!Array.isArray(set?.keys)) throw new Error('the answer is not a JSON Web Key Set');
  const keys = set.keys.slice(0, MAX_KEYS).filter((jwk: unknown) => isUsable(jwk, logger));
  if (keys.length === 0) throw new Error('the key set has no key that this server can use');
  return Response.json({ keys });
}

async function readText(body: ReadableStream<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new Error(`the key set is larger than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function isUsable(jwk: unknown, logger: Logger): boolean {
  if (typeof jwk !== 'object' || jwk === null) return false;
  const { kid, use } = jwk as { kid?: unknown; use?: unknown };
  if (use !== undefined && use !== 'sig') return false;
  try {
    if ('d' in jwk) throw new Error('it is a private key');
    verificationKey(createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' }));
    return true;
  } catch (error) {
    logger.debug('a key of the key set cannot be used', { kid, reason: (error as Error).message });
    return false;
  }
}
