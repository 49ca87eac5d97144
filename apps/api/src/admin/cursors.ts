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
 * Cursors of lists that are sorted newest first. A page may end at a promise that the token must not see, because a
 * list walks over all promises. So for tokens with a prefix the cursor is encrypted. All processes of a cluster have
 * the same key.
 */
export class Cursors {
  readonly #secret: () => Promise<Buffer>;
  #key: Buffer | null = null;

  /** @param secret the same for all processes of the cluster. */
  constructor(secret: () => Promise<Buffer>) {
    this.#secret = secret;
  }

  /**
   * @param prefix the token's prefix; '' if it sees everything. A cursor that was sealed for one prefix cannot be
   * opened with another.
   */
  async seal({ createdAt, id }: Place, prefix: string): Promise<string> {
    const plain = `${createdAt} ${id}`;
    if (prefix === '') return plain;
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, await this.#keyOf(), nonce).setAAD(Buffer.from(prefix));
    const text = Buffer.from(plain);
    // The padding is NULs. No id contains a NUL, so the end of the id is known.
    const filled = Buffer.alloc(Math.ceil((text.length + 1) / BLOCK_BYTES) * BLOCK_BYTES);
    text.copy(filled);
    return Buffer.concat([nonce, cipher.update(filled), cipher.final(), cipher.getAuthTag()]).toString('base64url');
  }

  /** @throws Refusal if `seal` did not make the cursor for this prefix. */
  async open(cursor: string, prefix: string): Promise<Place> {
    const plain =
      prefix === '' ? cursor : this.#unsealed(Buffer.from(cursor, 'base64url'), prefix, await this.#keyOf());
    const [, createdAt, id] = PLAIN.exec(plain ?? '') ?? [];
    if (createdAt === undefined || id === undefined) {
      throw new Refusal(400, 'Invalid request: cursor: is not a cursor of this server');
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
