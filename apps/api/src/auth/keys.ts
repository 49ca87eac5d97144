import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';

const RSA_ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const;

export type Algorithm = (typeof RSA_ALGORITHMS)[number] | 'ES256' | 'ES384' | 'EdDSA';

/** A public key and the algorithms it serves. The key decides, never the token: else HS256 with the public key would do. */
export interface VerificationKey {
  key: KeyObject;
  algorithms: readonly Algorithm[];
}

/** Where a token's key may come from: a file read at start, a key set that is fetched. */
export interface KeySource {
  /** The keys that may have signed a token with this key id (undefined: the token names none). */
  candidates(kid: string | undefined): readonly VerificationKey[] | Promise<readonly VerificationKey[]>;
}

/** Smaller ones are no longer safe, and jsonwebtoken refuses to verify with them. */
const MIN_RSA_BITS = 2048;

/** @throws Error that says why the key can't be used. */
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
  const what = type === 'ec' ? `EC ${details?.namedCurve}` : String(type);
  throw new Error(`a key must be RSA, EC (P-256 or P-384) or Ed25519, not ${what}`);
}

const PEM_BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]+?-----END \1-----/g;
const PUBLIC_LABELS = new Set(['PUBLIC KEY', 'RSA PUBLIC KEY']);

/** The public keys of PEM files (auth.publickey), each of which may hold several. @throws Error naming the file */
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
  if (blocks.length === 0) throw new Error('holds no PEM public key');
  return blocks.map(([pem, label = '']) => {
    // A private key or a chain of certificates is a mistake that would go unnoticed: Node finds a public key in both.
    if (!PUBLIC_LABELS.has(label)) throw new Error(`holds a ${label}; only public keys belong there`);
    return verificationKey(createPublicKey(pem));
  });
}
