import { verify as verifySignature, type KeyObject } from 'node:crypto';
import jwt from 'jsonwebtoken';
import type { VerificationKey } from './keys.ts';

/** The parts of a JWT as they came: nothing is trusted yet. */
export interface Token {
  text: string;
  algorithm: string;
  kid: string | undefined;
  claims: Readonly<Record<string, unknown>>;
}

export interface ClaimRules {
  iss: string | null;
  aud: string | null;
  leewayMs: number;
}

/** Larger than any real token, and than Node lets a header be. */
const MAX_TOKEN_LENGTH = 16 * 1024;

/** @returns null when the text is no JWT. */
export function parseToken(text: string): Token | null {
  if (text.length > MAX_TOKEN_LENGTH) return null;
  const parts = text.split('.');
  if (parts.length !== 3) return null;
  const [header, claims] = [readPart(parts[0]), readPart(parts[1])];
  // RFC 7515 section 4.1.11: whoever does not know what `crit` names must refuse the token.
  if (!header || !claims || typeof header['alg'] !== 'string' || header['crit'] !== undefined) return null;
  return { text, algorithm: header['alg'], kid: typeof header['kid'] === 'string' ? header['kid'] : undefined, claims };
}

function readPart(part = ''): Record<string, unknown> | null {
  try {
    const json: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** True when this key signed the token, with an algorithm of this key. */
export function isSignedBy({ text, algorithm }: Token, { key, algorithms }: VerificationKey): boolean {
  const fitting = algorithms.find((own) => own === algorithm);
  if (fitting === undefined) return false;
  try {
    // jsonwebtoken knows no EdDSA.
    if (fitting === 'EdDSA') return isSignedWithEd25519(text, key);
    // The claims are judged in one place for all algorithms (`claimsFault`).
    jwt.verify(text, key, { algorithms: [fitting], ignoreExpiration: true, ignoreNotBefore: true });
    return true;
  } catch {
    // Also what is no signature at all: libraries throw all sorts of errors then.
    return false;
  }
}

function isSignedWithEd25519(text: string, key: KeyObject): boolean {
  const end = text.lastIndexOf('.');
  return verifySignature(null, Buffer.from(text.slice(0, end)), key, Buffer.from(text.slice(end + 1), 'base64url'));
}

/** @returns why the claims don't hold at `now` (epoch ms), for the log; null when they do. */
export function claimsFault(claims: Token['claims'], { iss, aud, leewayMs }: ClaimRules, now: number): string | null {
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
