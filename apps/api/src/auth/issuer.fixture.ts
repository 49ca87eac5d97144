import { constants, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Claims = Readonly<Record<string, unknown>>;

/** Signs tokens with Node's own crypto, not with the library that checks them. */
export class Signer {
  readonly publicKey: KeyObject;
  readonly #privateKey: KeyObject;

  constructor(kind: 'rsa' | 'rsa-1024' | 'P-256' | 'P-384' | 'P-521' | 'ed25519' = 'P-256') {
    const pair = newPair(kind);
    this.publicKey = pair.publicKey;
    this.#privateKey = pair.privateKey;
  }

  get pem(): string {
    return this.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  }

  get privatePem(): string {
    return this.#privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  }

  jwk(more: Claims = {}): Claims {
    return { ...this.publicKey.export({ format: 'jwk' }), ...more };
  }

  token(claims: Claims, algorithm = 'ES256', header: Claims = {}): string {
    const text = unsigned(claims, { alg: algorithm, ...header });
    const hash = algorithm === 'EdDSA' ? null : `sha${algorithm.slice(2)}`;
    const padding = algorithm.startsWith('PS')
      ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
      : {};
    const signature = sign(hash, Buffer.from(text), { key: this.#privateKey, dsaEncoding: 'ieee-p1363', ...padding });
    return `${text}.${signature.toString('base64url')}`;
  }
}

function newPair(kind: string): { publicKey: KeyObject; privateKey: KeyObject } {
  if (kind === 'ed25519') return generateKeyPairSync('ed25519');
  if (kind.startsWith('P-')) return generateKeyPairSync('ec', { namedCurve: kind });
  return generateKeyPairSync('rsa', { modulusLength: kind === 'rsa' ? 2048 : 1024 });
}

/** Header and claims, without a signature. */
export function unsigned(claims: Claims, header: Claims): string {
  return [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
}

/** A value for `exp`, this many seconds from now. */
export function expiring(seconds: number): number {
  return Math.floor(Date.now() / 1000) + seconds;
}

/** Serves an issuer's key set over HTTP. Tests can change the answer; requests are counted. */
export class KeySetServer {
  fetched = 0;
  answer: (response: ServerResponse) => void = (response) => response.writeHead(500).end();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((_, response) => {
      this.fetched += 1;
      this.answer(response);
    });
  }

  static async start(): Promise<KeySetServer> {
    const started = new KeySetServer();
    await new Promise<void>((resolve) => started.#server.listen(0, '127.0.0.1', resolve));
    return started;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/keys`;
  }

  serve(...keys: Claims[]): void {
    this.answer = (response) => response.end(JSON.stringify({ keys }));
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
