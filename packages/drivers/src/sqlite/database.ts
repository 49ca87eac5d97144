import Sqlite from 'better-sqlite3';

/** An open database file, as better-sqlite3 has it. */
export type Database = Sqlite.Database;

/** Opens a file that exists, also while a server has it open. @throws SQLite's error */
export function openReadOnly(path: string): Database {
  return new Sqlite(path, { readonly: true, fileMustExist: true });
}
