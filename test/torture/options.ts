import { parseArgs } from 'node:util';
import { readRun, type Run } from '../processes/long-run.ts';

export const DATABASES = ['postgres', 'mariadb', 'mysql'] as const;
export type Database = (typeof DATABASES)[number];

export interface Options extends Run {
  /** The time is split between them. */
  databases: readonly Database[];
}

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
  return { ...readRun({ minutes: values.minutes, seed: values.seed }), databases: databasesOf(values.database) };
}

function databasesOf(name: string | undefined): readonly Database[] {
  if (name === undefined) return DATABASES;
  const known = DATABASES.find((database) => database === name);
  if (!known) throw new Error(`--database: one of ${DATABASES.join(', ')}`);
  return [known];
}
