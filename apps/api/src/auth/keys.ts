import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';

const RSA_ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const;

/** Every algorithm that the server accepts. */
export const ALGORITHMS = [...RSA_ALGORITHMS, 'ES256', 'ES384', 'EdDSA'] as const;

export type Algorithm = (typeof ALGORITHMS)[number];

/**
 * A public key and the algorithms that it may be used with. The key determines the algorithms, never the token.
 * Otherwise an attacker could sign with HS256 and use the public key as the secret.
 */
export interface VerificationKey {
  key: KeyObject;
  algorithms: readonly Algorithm[];
}

/** Shorter keys are no longer safe. jsonwebtoken and jose refuse them, too. */
const MIN_RSA_BITS = 2048;

/** @throws Error that says why the key cannot be used. */
export function verificationKey(key: KeyObject): VerificationKey {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'rsa') {
    const bits = details?.modulusLength ?? 0;
    if (bits < MIN_RSA_BITS) throw new Error(`an RSA key needs ${MIN_RSA_BITS} bits or more, this one has ${bits}`);
    return { key, algorithms: RSA_ALGORITHMS };
  }
  if (type === 'ec' && details?.namedCurve === 'prime256v1') return { key, algorithms: ['ES256'] };
  if (type === 'ec' && details?.namedCurve === 'secp384r1') return { key, algorithms: ['ES384'] };
  if (type === 'ed25519') return { key, algorithms: ['EdDSA'] };
  const what = type === 'ec' ? `EC ${details?.namedCurve ?? 'of no named curve'}` : String(type);
  throw new Error(`a key must be RSA, EC (P-256 or P-384) or Ed25519, not ${what}`);
}

const PEM_BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]+?-----END \1-----/g;
const PUBLIC_LABELS = new Set(['PUBLIC KEY', 'RSA PUBLIC KEY']);

/**
 * Reads the public keys of PEM files (auth.publickey). A file may contain several. @throws Error that names the file
 */
export function readPemKeys(paths: readonly string[]): VerificationKey[] {
  return paths.flatMap((path) => {
    try {
      return parsePemKeys(readFileSync(path, 'utf8'));
    } catch (error) {
      throw new Error(`auth.publickey ${path}: ${(error as Error).message}`);
    }
  });
}

function parsePemKeys(text: string): VerificationKey[] {
  const blocks = [...text.matchAll(PEM_BLOCK)];
  if (blocks.length === 0) throw new Error('it contains no public key in PEM format');
  return blocks.map(([pem, label = '']) => {
    // Refuse private keys and certificates. Node would silently extract their public key, and nobody would notice the
    // mistake.
    if (!PUBLIC_LABELS.has(label)) throw new Error(`it contains a ${label}, but only public keys are allowed`);
    return verificationKey(createPublicKey(pem));
  });
}
