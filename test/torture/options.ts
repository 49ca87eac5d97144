import { parseArgs } from 'node:util';

export const DATABASES = ['postgres', 'mariadb', 'mysql'] as const;
export type Database = (typeof DATABASES)[number];

export interface Options {
  /** Of load and faults in all; starting, draining and checking come on top. */
  minutes: number;
  seed: number;
  /** The time is split between them. */
  databases: readonly Database[];
}

const MAX_MINUTES = 24 * 60;
export const USAGE = 'usage: npm run torture -- [--minutes M] [--seed S] [--database postgres|mariadb|mysql]';

/** Reads the command line. @throws with one line that says what is wrong. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '3' },
      seed: { type: 'string' },
      database: { type: 'string' },
    },
  });
  const minutes = Number(values.minutes);
  if (!(minutes > 0 && minutes <= MAX_MINUTES)) throw new Error(`--minutes: a number up to ${MAX_MINUTES}`);
  const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) throw new Error('--seed: an integer from 0 to 2^32 - 1');
  return { minutes, seed, databases: databasesOf(values.database) };
}

function databasesOf(name: string | undefined): readonly Database[] {
  if (name === undefined) return DATABASES;
  const known = DATABASES.find((database) => database === name);
  if (!known) throw new Error(`--database: one of ${DATABASES.join(', ')}`);
  return [known];
}
