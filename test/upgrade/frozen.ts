import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The databases in the folder `databases`, which earlier versions have written. README.md there says how they were made. */

export type Dialect = 'sqlite' | 'postgres' | 'mysql';

/** The very first schema, from before 0.1.0. Every migration runs on its data. It has no dead letters and no policies. */
export const FIRST = 'first';
/** The URL of the frozen servers in their messages. */
export const SERVER_URL = 'http://127.0.0.1:8001';

/** The snapshot that a server gave of its own state. */
export interface Said {
  /** The time of the snapshot, epoch ms. */
  at: number;
  snap: object;
  schedules: object;
}

const DATABASES = join(import.meta.dirname, 'databases');

export function folderOf(version: string): string {
  return join(DATABASES, version);
}

export const FROZEN_VERSIONS = readdirSync(DATABASES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

export function frozenSql(version: string, dialect: Dialect): string {
  return readFileSync(join(folderOf(version), `${dialect}.sql`), 'utf8');
}

export function frozenSaid(version: string, dialect: Dialect): Said {
  return JSON.parse(readFileSync(join(folderOf(version), `${dialect}.json`), 'utf8')) as Said;
}
