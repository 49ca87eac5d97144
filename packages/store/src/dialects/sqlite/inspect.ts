import Database from 'better-sqlite3';
import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { StoreUnavailable } from '../../dialect.ts';
import type { Inspection } from '../../inspection.ts';
import { readMigrations } from '../../migrations.ts';
import type { PlainSql } from '../../sql/plain-sql.ts';
import { WORDS } from './words.ts';
import { int } from '../../sql/read.ts';
import { errorText } from '../../error-text.ts';

/** @throws StoreUnavailable when the file can't be read, or is not there and can't be made. */
export function inspect(path: string, clock: () => number): Inspection {
  try {
    const schemaVersion = versionOf(path);
    return {
      ...{ schemaVersion, knownVersion: readMigrations('sqlite').length },
      ...{ now: clock(), isReadOnly: schemaVersion !== null && isReadOnly(path) },
    };
  } catch (error) {
    throw new StoreUnavailable(`cannot open the SQLite database ${path}: ${errorText(error)}`);
  }
}

function isReadOnly(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return false;
  } catch {
    return true;
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
    return int(database.pragma('user_version', { simple: true })) || null;
  } finally {
    database.close();
  }
}

/** Reads beside a server that has the file for itself. @throws StoreUnavailable */
export function openForReading(path: string): { plain: PlainSql; close(): Promise<void> } {
  let database: Database.Database;
  try {
    database = new Database(path, { readonly: true, fileMustExist: true });
  } catch (error) {
    throw new StoreUnavailable(`cannot open the SQLite database ${path}: ${errorText(error)}`);
  }
  const refuse = () => Promise.reject(new Error('the database is open for reading only'));
  const plain: PlainSql = {
    words: WORDS,
    select: async (statements) =>
      statements.map(({ sql, params }) =>
        database
          .prepare<unknown[], unknown[]>(sql)
          .raw(true)
          .all(...params),
      ),
    atomically: refuse,
    decided: refuse,
  };
  return { plain, close: async () => void database.close() };
}
