import Database from 'better-sqlite3';
import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { StoreUnavailable } from '../../dialect.ts';
import type { Inspection } from '../../inspect.ts';
import { readMigrations } from '../../migrations.ts';

const MIGRATIONS = join(import.meta.dirname, 'migrations');

/** @throws StoreUnavailable when the file can't be read, or is not there and can't be made. */
export function inspect(path: string, clock: () => number): Inspection {
  try {
    return { schemaVersion: versionOf(path), knownVersion: readMigrations(MIGRATIONS).length, now: clock() };
  } catch (error) {
    throw new StoreUnavailable(`cannot open the SQLite database ${path}: ${(error as Error).message}`);
  }
}

function versionOf(path: string): number | null {
  if (path === ':memory:') return null;
  if (!existsSync(path)) {
    accessSync(dirname(path), constants.W_OK);
    return null;
  }
  const database = new Database(path, { readonly: true, fileMustExist: true });
  try {
    return (database.pragma('user_version', { simple: true }) as number) || null;
  } finally {
    database.close();
  }
}
