import { errorText, StoreUnavailable } from '@resonate/drivers';
import { openReadOnly, type Database } from '@resonate/drivers/sqlite';
import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Dialect, Inspection } from '../../dialect.ts';
import { readMigrations } from '../../migrations.ts';
import type { PlainSql } from '../../sql/plain-sql.ts';
import type { Statement } from '../../sql/statement.ts';
import { WORDS } from './words.ts';
import { int } from '../../sql/read.ts';

/** @throws StoreUnavailable when the file cannot be read, or does not exist and cannot be created. */
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
  const database = openReadOnly(path);
  try {
    return int(database.pragma('user_version', { simple: true })) || null;
  } finally {
    database.close();
  }
}

/** Opens a database for reading only, also while a server has the file open. @throws StoreUnavailable */
export function openForReading(path: string): Pick<Dialect, 'plain' | 'rewrite' | 'close'> {
  let database: Database;
  try {
    database = openReadOnly(path);
  } catch (error) {
    throw new StoreUnavailable(`cannot open the SQLite database ${path}: ${errorText(error)}`);
  }
  const refuse = () => Promise.reject(new Error('the database is open for reading only'));
  const rows = ({ sql, params }: Statement) =>
    database
      .prepare<unknown[], unknown[]>(sql)
      .raw(true)
      .all(...params);
  // A transaction, so that all statements see the same snapshot.
  const together = database.transaction((statements: readonly Statement[]) => statements.map(rows));
  const plain: PlainSql = { words: WORDS, select: async (statements) => together(statements), atomically: refuse };
  return { plain, rewrite: refuse, close: async () => void database.close() };
}
