import type { GoogleAuth } from 'google-auth-library';
import { LRUCache } from 'lru-cache';
import { loadEarly } from './load-early.ts';
import { failureOf, PushFailed } from './push-failed.ts';
import { PushLimit, unlessAborted } from './push-limit.ts';

/** How a push authenticates. */
export interface HttpPushAuthOptions {
  mode: 'none' | 'bearer' | 'gcp';
  /** Mode bearer: the token. */
  token: string | null;
  /** Mode gcp: the audience of all tokens; null: the URL of each target. */
  audience: string | null;
  /** The header for the token. */
  header: string;
}

/** @returns the headers for a push to a URL. @throws PushFailed if no token can be obtained. */
export type HttpPushAuth = (url: URL) => Promise<Record<string, string>>;

/** User and password of `http://user:password@host/` as a header. Empty without them. */
export function basicAuth({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const pair = `${decoded(username)}:${decoded(password)}`;
  return { Authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** Text with invalid percent encoding is returned unchanged. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

const HEADER_VALUE = /^[\x21-\x7e]+$/;

/** @throws if the token cannot be sent in a header. */
export function createHttpPushAuth({ mode, token, audience, header }: HttpPushAuthOptions): HttpPushAuth {
  if (mode === 'none') return () => Promise.resolve({});
  if (mode === 'bearer') {
    if (token === null || !HEADER_VALUE.test(token)) {
      throw new Error('the token for HTTP pushes is missing, or has characters that are not allowed in a header');
    }
    return () => Promise.resolve({ [header]: `Bearer ${token}` });
  }
  const tokens = new IdTokens();
  return async (url) => ({ [header]: `Bearer ${await tokens.get(audience ?? url.href)}` });
}

/** Limited, because audiences are URLs of targets, and clients choose targets. */
const MAX_TOKENS = 1_000;
/** A token is renewed this long before it expires, because the push takes time and the target's clock may be ahead. */
const RENEW_BEFORE_MS = 60_000;
const MINT_TIMEOUT_MS = 10_000;

interface Token {
  text: string;
  expiresAt: number;
}

/**
 * OIDC ID tokens of the Application Default Credentials: from GOOGLE_APPLICATION_CREDENTIALS or the metadata server.
 * Each is cached until shortly before it expires.
 */
class IdTokens {
  readonly #tokens = new LRUCache<string, Token>({ max: MAX_TOKENS });
  readonly #minting = new Map<string, Promise<string>>();
  readonly #limit = new PushLimit(MINT_TIMEOUT_MS);
  readonly #auth: Promise<GoogleAuth> = loadEarly(async () => new (await import('google-auth-library')).GoogleAuth());

  async get(audience: string): Promise<string> {
    const kept = this.#tokens.get(audience);
    if (kept && kept.expiresAt - RENEW_BEFORE_MS > Date.now()) return kept.text;
    // Pushes that wait for the same token share one request.
    let minting = this.#minting.get(audience);
    if (!minting) {
      minting = this.#mint(audience).finally(() => this.#minting.delete(audience));
      this.#minting.set(audience, minting);
    }
    return minting;
  }

  async #mint(audience: string): Promise<string> {
    try {
      const text = await this.#limit.run((signal) => unlessAborted(signal, this.#fetch(audience)));
      this.#tokens.set(audience, { text, expiresAt: expiryOf(text) });
      return text;
    } catch (error) {
      throw new PushFailed(`no ID token for the push: ${failureOf(error).message}`, { cause: error });
    }
  }

  async #fetch(audience: string): Promise<string> {
    const client = await (await this.#auth).getIdTokenClient(audience);
    return client.idTokenProvider.fetchIdToken(audience);
  }
}

/** Epoch ms, from the claim `exp`; 0 for text that is not a JWT, which is never cached. */
function expiryOf(token: string): number {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    const exp = typeof claims === 'object' && claims !== null && 'exp' in claims ? claims.exp : null;
    return typeof exp === 'number' ? exp * 1_000 : 0;
  } catch {
    return 0;
  }
}
