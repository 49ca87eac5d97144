import { accessSync, constants } from 'node:fs';
import { parseArgs } from 'node:util';
import { readRun, type Run } from '../processes/long-run.ts';

export const DATABASES = ['postgres', 'mariadb', 'mysql'] as const;
export type Database = (typeof DATABASES)[number];

export interface Options extends Run {
  /** The time is split between them. */
  databases: readonly Database[];
  /** Whether the database has a standby, and its primary is killed repeatedly. */
  failovers: boolean;
  /**
   * The `resonate` program of an older version. Every process of the cluster starts with it. After a fault it is started with
   * this version, except for one process of each role. Null: all have this version.
   */
  upgradeFrom: string | null;
}

export const USAGE =
  'usage: npm run torture -- [--minutes M] [--seed S] [--database postgres|mariadb|mysql] [--failovers] [--upgrade-from PROGRAM]';

/** Reads the command line. @throws with one line that says what is wrong. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '3' },
      seed: { type: 'string' },
      database: { type: 'string' },
      failovers: { type: 'boolean', default: false },
      'upgrade-from': { type: 'string' },
    },
  });
  return {
    ...readRun({ minutes: values.minutes, seed: values.seed }),
    databases: databasesOf(values.database),
    failovers: values.failovers,
    upgradeFrom: programOf(values['upgrade-from']),
  };
}

function databasesOf(name: string | undefined): readonly Database[] {
  if (name === undefined) return DATABASES;
  const known = DATABASES.find((database) => database === name);
  if (!known) throw new Error(`--database: one of ${DATABASES.join(', ')}`);
  return [known];
}

function programOf(path: string | undefined): string | null {
  if (path === undefined) return null;
  try {
    accessSync(path, constants.X_OK);
  } catch {
    throw new Error(`--upgrade-from: ${path} is not a program`);
  }
  return path;
}
