import Database from 'better-sqlite3';
import { closeSync, existsSync, fsyncSync, lstatSync, openSync, readlinkSync, realpathSync, writeSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { errorCode, errorText } from '../error-text.ts';
import { StoreUnavailable } from '../errors.ts';
import { LogCheckpoint } from './log-checkpoint.ts';
import { LogFile, syncData } from './log-file.ts';
import { LogSync } from './log-sync.ts';

/** How long a statement waits for another program's lock on the file. The whole process is blocked meanwhile. */
const BUSY_TIMEOUT_MS = 1_000;
/** 64 MiB of page cache. SQLite reads a negative number as KiB. */
const CACHE_KIB = -65_536;

/**
 * A log with this many pages of 4 KiB (62.5 MiB) is written back to the file. Rows with random ids change the same pages
 * again and again, so writing back rarely is cheaper: 22,500 inserts/s, and 15,500 with SQLite's default of 1,000 pages.
 */
const CHECKPOINT_PAGES = 16_000;
/** The size of a page in the log, with its header. */
const FRAME_BYTES = 4_096 + 24;
/** The size of the header of the log's index, which is stored twice. */
const INDEX_HEADER_BYTES = 96;
/** The maximum number of symbolic links that are followed, so that a circle of links ends. */
const MAX_LINKS = 40;
/** The log may grow to this multiple of its usual length, because commits continue while it is written back. */
const GROWTH = 1.25;
/** The permissions of a new file. The process's umask may remove some of them. */
const PRIVATE = 0o660;

export interface Connection {
  database: Database.Database;
  /** Null for a database in memory, which ends with its process. */
  log: LogSync | null;
  checkpoint: LogCheckpoint | null;
  close(): Promise<void>;
}

export interface ConnectOptions {
  /**
   * `full`: a commit counts only when it is on the disk. `normal`: a power cut may undo the last commits, as with SQLite's
   * own `synchronous = NORMAL`. It does not damage the file, and a process that is killed loses nothing.
   */
  synchronous?: 'full' | 'normal';
  /** The log is written back to the file when it has this many pages. */
  checkpointPages?: number;
  /** Flushes the file to the disk. */
  syncFile?: typeof syncData;
}

/**
 * Opens the database file (`:memory:` for none). A file belongs to one server at a time: a second one would deliver
 * the first one's messages again. The operating system releases the lock however the process ends.
 * @throws StoreUnavailable when the file can't be opened or another server holds it.
 */
export function connect(given: string, options: ConnectOptions = {}): Connection {
  const { synchronous = 'full', checkpointPages = CHECKPOINT_PAGES, syncFile = syncData } = options;
  if (given === ':memory:') {
    const database = openDatabase(given);
    return { database, log: null, checkpoint: null, close: async () => void database.close() };
  }
  const path = resolveFile(given);
  createPrivate(path);
  const lock = acquireLock(path);
  try {
    forgetLogIndex(path);
    const database = openDatabase(path);
    const log = openLog(database, path, GROWTH * checkpointPages * FRAME_BYTES);
    const logSync = new LogSync(synchronous === 'full' ? () => log.sync() : async () => {});
    const reader = openReader(path);
    // After a failure the reader must be closed last (`close`). If the process exits without `close`, this keeps that order:
    // first the database, then the thread's connection, then the reader.
    logSync.failed.addEventListener('abort', () => process.once('exit', () => database.close()));
    // Closed after the database: a process loses SQLite's locks on a file when it closes any descriptor of that file.
    const file = openSync(path, 'r+');
    const checkpoint = new LogCheckpoint(database, {
      path,
      pages: checkpointPages,
      syncFile: () => syncFile(file),
      failed: (reason) => logSync.fail(`the database's log could not be written back: ${reason}`),
    });
    return {
      database,
      log: logSync,
      checkpoint,
      async close() {
        await checkpoint.close();
        // SQLite copies the log into the file when the last connection closes, unless that connection is read-only.
        const [first, last] = logSync.failed.aborted ? [database, reader] : [reader, database];
        first.close();
        last.close();
        closeSync(file);
        log.close();
        lock.close();
      },
    };
  } catch (error) {
    lock.close();
    throw new StoreUnavailable(`cannot open the SQLite database ${path}: ${errorText(error)}`);
  }
}

/**
 * The file behind symbolic links, also when it does not exist yet. SQLite puts the log beside that file; the lock must lie
 * there too, or two servers could open one file by two names.
 */
function resolveFile(path: string): string {
  for (let file = path, links = 0; links <= MAX_LINKS; links++) {
    const link = readLink(file);
    if (link === null) return existsSync(dirname(file)) ? join(realpathSync(dirname(file)), basename(file)) : file;
    file = resolve(dirname(file), link);
  }
  throw new StoreUnavailable(`cannot open the SQLite database ${path}: too many symbolic links`);
}

/**
 * Creates the file if it does not exist, readable only by its owner and its group, because params and values may have secrets.
 * SQLite by itself would create a file that everybody can read. It gives the log the permissions of the file.
 */
function createPrivate(path: string): void {
  try {
    closeSync(openSync(path, 'ax', PRIVATE));
  } catch {
    // It exists. Or it cannot be created, and then SQLite fails, too, and says why.
  }
}

function readLink(path: string): string | null {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(path) : null;
}

function openDatabase(path: string): Database.Database {
  const database = new Database(path);
  database.pragma('journal_mode = WAL');
  // LogSync makes answered requests survive a power cut. NORMAL syncs the log before it is written back.
  database.pragma('synchronous = NORMAL');
  // SQLite's automatic checkpoint does not report a sync that fails.
  database.pragma('wal_autocheckpoint = 0');
  database.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
  database.pragma(`cache_size = ${CACHE_KIB}`);
  database.pragma('temp_store = MEMORY');
  return database;
}

/**
 * A read-only connection that is closed last after a failure, so that SQLite does not copy the log. It is opened at the
 * start, because after a failure the process may have no free file descriptor.
 */
function openReader(path: string): Database.Database {
  const reader = new Database(path, { readonly: true });
  // SQLite counts only connections that have read something.
  reader.prepare('SELECT count(*) FROM sqlite_schema').get();
  return reader;
}

/**
 * Makes SQLite read the log from its beginning. The log's index says which part of the log is already in the database file.
 * After a failed sync that is wrong, and the index stays as long as any program, such as a database shell, has the database
 * open. By the file format, a header of zeros makes the next connection build the index anew.
 */
function forgetLogIndex(path: string): void {
  const index = `${path}-shm`;
  if (!existsSync(index)) return;
  const file = openSync(index, 'r+');
  writeSync(file, Buffer.alloc(INDEX_HEADER_BYTES), 0, INDEX_HEADER_BYTES, 0);
  closeSync(file);
}

/**
 * Opens the write-ahead log, which SQLite keeps as long as its connection is open. When this returns, the log's directory
 * entry and what an earlier server wrote into the log are on the disk.
 */
function openLog(database: Database.Database, path: string, maxBytes: number): LogFile {
  // The first transaction creates the log.
  database.exec('BEGIN IMMEDIATE');
  const log = new LogFile(`${path}-wal`, maxBytes);
  log.writeAgain();
  database.exec('COMMIT');
  const directory = openSync(dirname(path), 'r');
  fsyncSync(directory);
  closeSync(directory);
  return log;
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
    const reason = errorCode(error) === 'SQLITE_BUSY' ? 'another server is using it' : errorText(error);
    throw new StoreUnavailable(`cannot open the SQLite database ${path}: ${reason}`);
  }
}
