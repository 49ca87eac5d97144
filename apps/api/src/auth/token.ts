import { compactVerify, decodeJwt, decodeProtectedHeader } from 'jose';
import jwt from 'jsonwebtoken';
import type { VerificationKey } from './keys.ts';

/** A JWT that was parsed but not verified. */
export interface Token {
  text: string;
  algorithm: string;
  claims: Readonly<Record<string, unknown>>;
}

export interface ClaimRules {
  iss: string | null;
  aud: string | null;
  leewayMs: number;
}

/** Longer than any real token. Node allows 16 KiB for all headers together. */
const MAX_TOKEN_LENGTH = 16 * 1024;

/** @returns null if the text is not a JWT. */
export function parseToken(text: string): Token | null {
  if (text.length > MAX_TOKEN_LENGTH) return null;
  try {
    const { alg, crit } = decodeProtectedHeader(text);
    // RFC 7515 section 4.1.11: a token whose `crit` names an extension must be refused by servers that do not know it.
    // This server knows none.
    if (typeof alg !== 'string' || crit !== undefined) return null;
    return { text, algorithm: alg, claims: decodeJwt(text) };
  } catch {
    return null;
  }
}

/** Whether this key signed the token, with an algorithm that the key allows. */
export async function isSignedBy({ text, algorithm }: Token, { key, algorithms }: VerificationKey): Promise<boolean> {
  const allowed = algorithms.find((own) => own === algorithm);
  if (allowed === undefined) return false;
  try {
    // `claimsError` checks the claims of all tokens, also of unsigned ones, so only the signature is verified here.
    // jsonwebtoken does not support EdDSA.
    if (allowed === 'EdDSA') await compactVerify(text, key, { algorithms: [allowed] });
    else jwt.verify(text, key, { algorithms: [allowed], ignoreExpiration: true, ignoreNotBefore: true });
    return true;
  } catch {
    // Catch everything: for a malformed signature the libraries throw errors of many classes.
    return false;
  }
}

/** @returns why the claims are not valid at `now` (epoch ms), for the log; null if they are. */
export function claimsError(claims: Token['claims'], { iss, aud, leewayMs }: ClaimRules, now: number): string | null {
  const expiresAt = expiryOf(claims);
  if (expiresAt === null) return 'no exp';
  if (now >= expiresAt + leewayMs) return 'expired';
  const { nbf } = claims;
  if (nbf !== undefined && !(typeof nbf === 'number' && now >= nbf * 1000 - leewayMs)) return 'not valid yet';
  if (iss !== null && claims['iss'] !== iss) return 'wrong issuer';
  if (aud !== null && ![claims['aud']].flat().includes(aud)) return 'wrong audience';
  return null;
}

/** Epoch ms; null without a usable `exp`. */
export function expiryOf({ exp }: Token['claims']): number | null {
  return typeof exp === 'number' && Number.isFinite(exp) ? exp * 1000 : null;
}
