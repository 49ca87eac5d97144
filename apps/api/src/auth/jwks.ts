import { createPublicKey, type JsonWebKey } from 'node:crypto';
import type { Service } from '@resonate/lifecycle';
import type { Logger } from '@resonate/observability';
import { verificationKey, type KeySource, type VerificationKey } from './keys.ts';

const FETCH_TIMEOUT_MS = 5_000;
/** Tokens with key ids that nobody knows cause one fetch in this time, however many there are. */
const UNKNOWN_KID_INTERVAL_MS = 10_000;
const MAX_BYTES = 512 * 1024;
/** More than any issuer has at once; a token without a key id is tried with all of them. */
const MAX_KEYS = 50;

interface SetKey extends VerificationKey {
  kid: string | undefined;
}

export interface RemoteKeysOptions {
  url: string;
  /** How often the set is fetched again: so long a key that was taken back is still accepted. */
  refreshMs: number;
  logger: Logger;
  /** Told when the set has changed. */
  changed: () => void;
}

/** The key set could not be fetched yet, so no token can be judged. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
}

/** A key set behind a URL (JWKS, RFC 7517). While it can't be fetched, the keys of the last time serve on. */
export class RemoteKeys implements KeySource, Service {
  readonly name = 'jwks';
  readonly #options: RemoteKeysOptions;
  #keys: readonly SetKey[] | null = null;
  #text = '';
  #fetching: Promise<void> | null = null;
  #askedAt = -Infinity;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: RemoteKeysOptions) {
    this.#options = options;
  }

  /** Also when the set can't be had: an issuer that is away must not keep the server from starting. */
  async start(): Promise<void> {
    await this.#refresh();
    this.#timer = setInterval(() => void this.#refresh(), this.#options.refreshMs);
  }

  async stop(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer);
    await this.#fetching;
  }

  /** @throws KeysUnavailable */
  candidates(kid: string | undefined): readonly VerificationKey[] | Promise<readonly VerificationKey[]> {
    const known = this.#known(kid);
    return known.length > 0 ? known : this.#ask(kid);
  }

  #known(kid: string | undefined): readonly SetKey[] {
    const keys = this.#keys ?? [];
    return kid === undefined ? keys : keys.filter((key) => key.kid === kid);
  }

  async #ask(kid: string | undefined): Promise<readonly VerificationKey[]> {
    const now = performance.now();
    if (this.#fetching || now - this.#askedAt >= UNKNOWN_KID_INTERVAL_MS) {
      this.#askedAt = now;
      await this.#refresh();
    }
    if (!this.#keys) throw new KeysUnavailable('the key set could not be fetched');
    return this.#known(kid);
  }

  #refresh(): Promise<void> {
    this.#fetching ??= this.#fetch().finally(() => (this.#fetching = null));
    return this.#fetching;
  }

  async #fetch(): Promise<void> {
    const { url, logger, changed } = this.#options;
    try {
      const text = await fetchText(url);
      if (text === this.#text && this.#keys) return;
      this.#keys = parseKeySet(text, logger);
      this.#text = text;
      changed();
      logger.info('Auth keys fetched', { url, count: this.#keys.length });
    } catch (error) {
      logger.warn('auth keys could not be fetched', { url, error });
    }
  }
}

async function fetchText(url: string): Promise<string> {
  const signal = AbortSignal.timeout(FETCH_TIMEOUT_MS);
  const answer = await fetch(url, { signal, redirect: 'error', headers: { accept: 'application/json' } });
  if (!answer.ok || !answer.body) {
    await answer.body?.cancel();
    throw new Error(`it answered ${answer.status}`);
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** @throws when there is no key to use: rather the old ones then. */
function parseKeySet(text: string, logger: Logger): SetKey[] {
  const set = JSON.parse(text) as { keys?: unknown } | null;
  if (!Array.isArray(set?.keys)) throw new Error('it is not a JSON Web Key Set');
  const keys = set.keys.slice(0, MAX_KEYS).flatMap((jwk: unknown) => readJwk(jwk, logger));
  if (keys.length === 0) throw new Error('it has no key that this server can use');
  return keys;
}

function readJwk(jwk: unknown, logger: Logger): SetKey[] {
  if (typeof jwk !== 'object' || jwk === null) return [];
  const { kid, use, alg } = jwk as { kid?: unknown; use?: unknown; alg?: unknown };
  if (use !== undefined && use !== 'sig') return [];
  try {
    const { key, algorithms } = verificationKey(createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' }));
    const fitting = alg === undefined ? algorithms : algorithms.filter((own) => own === alg);
    return [{ key, algorithms: fitting, kid: typeof kid === 'string' ? kid : undefined }];
  } catch (error) {
    logger.debug('a key of the set is of no use here', { kid, reason: (error as Error).message });
    return [];
  }
}
