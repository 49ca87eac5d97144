import Database from 'better-sqlite3';
import { StoreUnavailable } from '../../dialect.ts';

/** How long a statement waits for another program's lock on the file: as long, this process does nothing else. */
const BUSY_TIMEOUT_MS = 1_000;
/** 64 MiB of page cache, in KiB, negative as SQLite wants it. */
const CACHE_KIB = -65_536;

export interface Connection {
  database: Database.Database;
  close(): void;
}

/**
 * Opens the database file (`:memory:` for none). A file belongs to one server at a time: a second one would deliver
 * the first one's messages again. The lock is the operating system's, so it is gone with the process, however it ends.
 * @throws StoreUnavailable when the file can't be opened or another server holds it.
 */
export function connect(path: string): Connection {
  const lock = path === ':memory:' ? null : acquireLock(path);
  try {
    const database = new Database(path);
    database.pragma('journal_mode = WAL');
    // An answered request survives a power cut: the log is synced at every commit.
    database.pragma('synchronous = FULL');
    database.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
    database.pragma(`cache_size = ${CACHE_KIB}`);
    database.pragma('temp_store = MEMORY');
    return {
      database,
      close() {
        database.close();
        lock?.close();
      },
    };
  } catch (error) {
    lock?.close();
    throw new StoreUnavailable(`cannot open the SQLite database ${path}: ${(error as Error).message}`);
  }
}

function acquireLock(path: string): Database.Database {
  try {
    const lock = new Database(`${path}.lock`, { timeout: 0 });
    try {
      lock.pragma('locking_mode = EXCLUSIVE');
      lock.exec('BEGIN EXCLUSIVE');
      return lock;
    } catch (error) {
      lock.close();
      throw error;
    }
  } catch (error) {
    const busy = (error as { code?: string }).code === 'SQLITE_BUSY';
    const reason = busy ? 'another server is using it' : (error as Error).message;
    throw new StoreUnavailable(`cannot open the SQLite database ${path}: ${reason}`);
  }
}
