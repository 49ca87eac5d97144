import Database from 'better-sqlite3';
import { closeSync, existsSync, fsyncSync, lstatSync, openSync, readlinkSync, realpathSync, writeSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { StoreUnavailable } from '../../../dialect.ts';
import { LogCheckpoint } from './log-checkpoint.ts';
import { LogFile, syncData } from './log-file.ts';
import { LogSync } from './log-sync.ts';
import { errorText } from '../../../error-text.ts';

/** How long a statement waits for another program's lock on the file: as long, this process does nothing else. */
const BUSY_TIMEOUT_MS = 1_000;
/** 64 MiB of page cache, in KiB, negative as SQLite wants it. */
const CACHE_KIB = -65_536;

/**
 * Pages (of 4 KiB) in the log that make it be written back to the file: 64 MiB. Rows with random ids touch the same
 * pages again and again, so rarer is cheaper: 22,500 inserts/s against 15,500 with SQLite's 1,000 pages.
 */
const CHECKPOINT_PAGES = 16_000;
/** A page in the log, with its header. */
const FRAME_BYTES = 4_096 + 24;
/** Of the log's index: the header, twice. */
const INDEX_HEADER_BYTES = 96;
/** Symbolic links to follow one after the other; a circle of them ends here. */
const MAX_LINKS = 40;
/** The log grows a little while it is written back. */
const GROWTH = 1.25;

export interface Connection {
  database: Database.Database;
  /** Null in memory, where nothing survives anyway. */
  log: LogSync | null;
  checkpoint: LogCheckpoint | null;
  close(): Promise<void>;
}

export interface ConnectOptions {
  /**
   * `full`: a commit counts only when it is on the disk. `normal`: a power cut may take the last commits, as with SQLite's
   * own `synchronous = NORMAL`; the file stays sound, and a process that is killed loses nothing.
   */
  synchronous?: 'full' | 'normal';
  /** Pages in the log that make it be written back to the file. */
  checkpointPages?: number;
  /** Brings the file to the disk. */
  syncFile?: typeof syncData;
}

/**
 * Opens the database file (`:memory:` for none). A file belongs to one server at a time: a second one would deliver
 * the first one's messages again. The lock is the operating system's, so it is gone with the process, however it ends.
 * @throws StoreUnavailable when the file can't be opened or another server holds it.
 */
export function connect(given: string, options: ConnectOptions = {}): Connection {
  const { synchronous = 'full', checkpointPages = CHECKPOINT_PAGES, syncFile = syncData } = options;
  if (given === ':memory:') {
    const database = openDatabase(given);
    return { database, log: null, checkpoint: null, close: async () => void database.close() };
  }
  const path = resolveFile(given);
  const lock = acquireLock(path);
  try {
    forgetLogIndex(path);
    const database = openDatabase(path);
    const log = openLog(database, path, GROWTH * checkpointPages * FRAME_BYTES);
    const logSync = new LogSync(synchronous === 'full' ? () => log.sync() : async () => {});
    const reader = openReader(path);
    // `close` may never come: then the threads' connections are closed next, and the reader when the process ends.
    logSync.failed.addEventListener('abort', () => process.once('exit', () => database.close()));
    // Closed after the database: SQLite's locks on a file end when its process closes that file, whoever opened it.
    const file = openSync(path, 'r+');
    const checkpoint = new LogCheckpoint(database, {
      path,
      pages: checkpointPages,
      syncFile: () => syncFile(file),
      failed: ({ message }) => logSync.fail(`the database's log could not be written back: ${message}`),
    });
    return {
      database,
      log: logSync,
      checkpoint,
      async close() {
        await checkpoint.close();
        // Whoever is closed last writes the log back into the file, with all syncs that takes: the reader can't.
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

function readLink(path: string): string | null {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(path) : null;
}

function openDatabase(path: string): Database.Database {
  const database = new Database(path);
  database.pragma('journal_mode = WAL');
  // An answered request survives a power cut: LogSync sees to it. NORMAL syncs the log before it is written back.
  database.pragma('synchronous = NORMAL');
  // SQLite's own says nothing of a sync that fails.
  database.pragma('wal_autocheckpoint = 0');
  database.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
  database.pragma(`cache_size = ${CACHE_KIB}`);
  database.pragma('temp_store = MEMORY');
  return database;
}

/** With it open, no other connection is the last one to be closed. It is there from the start: a failure may leave no file free. */
function openReader(path: string): Database.Database {
  const reader = new Database(path, { readonly: true });
  // A connection that has not read anything does not count.
  reader.prepare('SELECT count(*) FROM sqlite_schema').get();
  return reader;
}

/**
 * Has SQLite read the log from its beginning: its index says what of the log is in the database file, which is wrong after
 * a failed sync, and stays as long as any program has the database open, a database shell for one. To zero its header
 * is what the file format has for that: whoever comes next builds it anew.
 */
function forgetLogIndex(path: string): void {
  const index = `${path}-shm`;
  if (!existsSync(index)) return;
  const file = openSync(index, 'r+');
  writeSync(file, Buffer.alloc(INDEX_HEADER_BYTES), 0, INDEX_HEADER_BYTES, 0);
  closeSync(file);
}

/**
 * The write-ahead log: SQLite keeps it as long as its connection is open. Its name, and what an earlier server left in it,
 * are on the disk from here on.
 */
function openLog(database: Database.Database, path: string, maxBytes: number): LogFile {
  // The log is made by the first transaction.
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
    const busy = (error as { code?: string }).code === 'SQLITE_BUSY';
    const reason = busy ? 'another server is using it' : errorText(error);
    throw new StoreUnavailable(`cannot open the SQLite database ${path}: ${reason}`);
  }
}
