import { randomBytes } from 'node:crypto';
import type { Dialect } from './dialect.ts';

const BYTES = 32;

/**
 * A random secret that all processes of a cluster share: whoever needs it first makes it, and it stays in the database.
 * @param name what it is for.
 */
export async function readSecret(dialect: Pick<Dialect, 'readSetting' | 'plain'>, name: string): Promise<Buffer> {
  const key = `secret.${name}`;
  let text = await dialect.readSetting(key);
  if (text === null) {
    const fresh = randomBytes(BYTES).toString('base64url');
    // Two processes may come here at once: the first insert wins, and both read what it wrote.
    await dialect.plain.atomically([
      { sql: dialect.plain.words.insertNew('settings', 'SELECT ?, ?'), params: [key, fresh] },
    ]);
    text = await dialect.readSetting(key);
  }
  if (text === null) throw new Error(`the secret ${name} could not be stored`);
  return Buffer.from(text, 'base64url');
}
