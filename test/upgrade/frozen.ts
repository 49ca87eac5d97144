import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The databases that earlier versions left behind, in `databases`. README.md there says how they were made. */

export type Dialect = 'sqlite' | 'postgres' | 'mysql';

/** The first schema of all, from before 0.1.0: every migration runs on its data. It has no dead letters and policies. */
export const FIRST = 'first';
/** What the frozen servers called themselves in their messages. */
export const SERVER_URL = 'http://127.0.0.1:8001';

/** What a server said that it holds. */
export interface Said {
  /** When, epoch ms. */
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
