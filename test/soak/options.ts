import { parseArgs } from 'node:util';

export interface Options {
  /** Of hostile traffic; starting and measuring come on top. */
  minutes: number;
  seed: number;
}

/** The server's heap. */
export const HEAP_MIB = 512;
export const MIB = 1024 * 1024;

const MAX_MINUTES = 24 * 60;
export const USAGE = 'usage: npm run soak:hostile -- [--minutes M] [--seed S]';

/** Reads the command line. @throws with one line that says what is wrong. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: { minutes: { type: 'string', default: '10' }, seed: { type: 'string' } },
  });
  const minutes = Number(values.minutes);
  if (!(minutes > 0 && minutes <= MAX_MINUTES)) throw new Error(`--minutes: a number up to ${MAX_MINUTES}`);
  const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) throw new Error('--seed: an integer from 0 to 2^32 - 1');
  return { minutes, seed };
}
