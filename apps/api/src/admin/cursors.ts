import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import type { Place } from '@resonate/store';
import { Refusal } from '../http/refusal.ts';

const PLAIN = /^(\d{1,16}) ([^]+)$/;
const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** The text is padded to a multiple of this before it is sealed, so that its length does not reveal an id's length. */
const BLOCK_BYTES = 64;

/**
 * Cursors of pages, newest first. A page may end at a promise that the token must not see, since all promises are walked
 * along: tokens with a prefix get the place sealed. All processes of a cluster have the same key.
 */
export class Cursors {
  readonly #secret: () => Promise<Buffer>;
  #key: Buffer | null = null;

  /** @param secret the same for all processes of the cluster. */
  constructor(secret: () => Promise<Buffer>) {
    this.#secret = secret;
  }

  /** @param prefix of the token, '' when it sees everything. Another prefix can't open what was sealed for this one. */
  async seal({ createdAt, id }: Place, prefix: string): Promise<string> {
    const plain = `${createdAt} ${id}`;
    if (prefix === '') return plain;
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, await this.#keyOf(), nonce).setAAD(Buffer.from(prefix));
    const text = Buffer.from(plain);
    // No id contains a NUL, so the padding can be told apart from the id.
    const filled = Buffer.alloc(Math.ceil((text.length + 1) / BLOCK_BYTES) * BLOCK_BYTES);
    text.copy(filled);
    return Buffer.concat([nonce, cipher.update(filled), cipher.final(), cipher.getAuthTag()]).toString('base64url');
  }

  /** @throws Refusal when `seal` has not made it for this prefix. */
  async open(cursor: string, prefix: string): Promise<Place> {
    const plain =
      prefix === '' ? cursor : this.#unsealed(Buffer.from(cursor, 'base64url'), prefix, await this.#keyOf());
    const [, createdAt, id] = PLAIN.exec(plain ?? '') ?? [];
    if (createdAt === undefined || id === undefined) {
      throw new Refusal(400, 'Invalid request: cursor: is not one that this server has given');
    }
    return { createdAt: Number(createdAt), id };
  }

  #unsealed(sealed: Buffer, prefix: string, key: Buffer): string | null {
    if (sealed.length < NONCE_BYTES + TAG_BYTES) return null;
    const end = sealed.length - TAG_BYTES;
    try {
      const decipher = createDecipheriv(ALGORITHM, key, sealed.subarray(0, NONCE_BYTES))
        .setAAD(Buffer.from(prefix))
        .setAuthTag(sealed.subarray(end));
      const filled = Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, end)), decipher.final()]);
      return filled.toString('utf8').replace(/\0*$/, '');
    } catch {
      return null;
    }
  }

  async #keyOf(): Promise<Buffer> {
    this.#key ??= Buffer.from(hkdfSync('sha256', await this.#secret(), '', 'cursors', KEY_BYTES));
    return this.#key;
  }
}
