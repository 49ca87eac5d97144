import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type Database from 'better-sqlite3';
import { errorCode, errorText } from '../error-text.ts';

/** A message to the thread. It answers each `copy` with a message. */
export type CheckpointRequest = 'copy' | 'close';

/**
 * If at most this many pages are left, they are copied on the event loop, which is blocked meanwhile: 250 pages take 4 ms, 400
 * take 6 ms.
 */
const MAX_LAST_PAGES = 500;
/** If the log has this many times its usual length, the thread has not copied it, so the commit itself does. */
const OVERDUE = 4;
/** After this many copies by the thread the rest is copied here, however long it is. So the log stays bounded. */
const MAX_TRIES = 5;
/**
 * After scattered changes a checkpoint begins when the log has this part of its usual length. While retention ran on a file of
 * 1,000,000 promises, the p99 of create was 13.5 ms with it, 15.3 ms with an eighth, and 24.6 ms without (12.0, 10.2 and 12.4
 * ms on the same server without retention; `npm run bench:retention -- --targets sqlite --seconds 30`).
 */
const SCATTERED_PART = 1 / 32;
/** Such checkpoints begin at most this often, so that they stay rare in a log that grows fast. */
const SCATTERED_EVERY_MS = 50;

export interface LogCheckpointOptions {
  path: string;
  /** A checkpoint begins when the log has this many pages. */
  pages: number;
  /** Flushes the database file to the disk. */
  syncFile(): Promise<void>;
  /** Called when it is not known which parts of the file are on the disk. From then on nothing may be committed. */
  failed(reason: string): void;
}

/**
 * Copies the log into the database file (a checkpoint) in a thread. SQLite itself does this within a COMMIT, which blocks
 * the whole process: for 39 to 65 ms with 64 MiB of pages in random places of a file of 400,000 promises, and for much
 * longer on a slow disk. With the thread it is 1 to 6 ms (`npm run bench:retention -- --targets sqlite --promises 400000`).
 *
 * SQLite reuses the log from its beginning only when all of it is copied. The thread never gets there while the process
 * writes. So the thread copies nearly all of it, and the few pages that were written meanwhile are copied here, between two
 * transactions. That last copy makes SQLite sync the file, so `syncFile` runs before it: then there is little left to sync.
 *
 * SQLite records pages as copied before they are synced, and Linux reports lost pages only once. So after one failure of
 * the disk there are no more checkpoints: the next one would begin behind the lost pages, succeed, and then overwrite the
 * log, which has their only copy. The next start copies the whole log again (`connection.ts`).
 */
export class LogCheckpoint {
  readonly #options: LogCheckpointOptions;
  readonly #readLength: Database.Statement<[], [busy: number, written: number, copied: number]>;
  readonly #copy: Database.Statement;
  #thread: Worker | null = null;
  /** How many copies the current checkpoint has begun; 0: there is no current checkpoint. */
  #tries = 0;
  /** The file may be closed when this resolves. It never rejects. */
  #syncing: Promise<void> = Promise.resolve();
  /** The next checkpoint needs a log of this many pages. 0 after SQLite has begun to reuse the log. */
  #notBefore = 0;
  /** The length of the log after the last commit, pages. */
  #written = 0;
  #isScattered = false;
  #begunAt = -Infinity;
  /** It was closed, or the disk failed: no checkpoint begins any more. */
  #isOver = false;

  constructor(database: Database.Database, options: LogCheckpointOptions) {
    this.#options = options;
    this.#readLength = database.prepare<[], [number, number, number]>('PRAGMA wal_checkpoint(NOOP)').raw(true);
    this.#copy = database.prepare('PRAGMA wal_checkpoint(PASSIVE)');
  }

  /**
   * To be called before the commit of a transaction that changes pages all over the file. The next checkpoint then begins
   * early: copying a long log of such pages keeps the disk busy for so long that more than 1 % of the requests wait for it.
   */
  scattered(): void {
    this.#isScattered = true;
  }

  /** To be called after each commit. Takes about 1 us. Never throws, because the commit is done. */
  committed(): void {
    if (this.#isOver) return;
    const { pages } = this.#options;
    try {
      const { written } = this.#frames();
      if (written < this.#written) this.#notBefore = 0;
      this.#written = written;
      const isLong = written >= pages || (this.#isScattered && written >= pages * SCATTERED_PART && this.#mayBegin());
      if (written >= OVERDUE * pages) this.#copyHere();
      else if (isLong && written >= this.#notBefore && this.#tries === 0) this.#begin(written);
    } catch {
      // A later commit tries again.
    }
  }

  /** Ends the thread. The connection that is closed last copies the whole log, and this must be the server's own. */
  async close(): Promise<void> {
    this.#isOver = true;
    const thread = this.#thread;
    if (thread !== null) {
      thread.ref();
      await new Promise<void>((resolve) => {
        thread.once('exit', () => resolve());
        tell(thread, 'close');
      });
    }
    await this.#syncing;
  }

  #mayBegin(): boolean {
    return performance.now() - this.#begunAt >= SCATTERED_EVERY_MS;
  }

  #begin(written: number): void {
    // If this fails, the next try is not at once: a database shell may be reading from the log.
    this.#notBefore = written + this.#options.pages / 4;
    this.#isScattered = false;
    this.#begunAt = performance.now();
    this.#thread ??= this.#start();
    this.#tries = 1;
    tell(this.#thread, 'copy');
  }

  #start(): Worker {
    // The thread's file has this file's extension: .ts in a checkout, .js in the bundle (scripts/bundle.ts).
    const script = new URL(`./log-checkpoint-thread${extname(import.meta.url)}`, import.meta.url);
    const thread = new Worker(script, { workerData: this.#options.path });
    thread.on('message', () => void this.#copied(thread));
    thread.on('error', (error) => this.#failIfDisk(error));
    thread.on('exit', () => {
      this.#thread = null;
      this.#finish();
    });
    // After the listeners, because adding them makes the process wait for the thread again.
    thread.unref();
    return thread;
  }

  async #copied(thread: Worker): Promise<void> {
    const sync = this.#options.syncFile().catch((error: unknown) => this.#fail(error));
    this.#syncing = Promise.all([this.#syncing, sync]).then(() => undefined);
    await sync;
    if (this.#thread !== thread || this.#isOver) return;
    if (this.#tries < MAX_TRIES && this.#left() > MAX_LAST_PAGES) {
      this.#tries++;
      tell(thread, 'copy');
    } else {
      this.#finish();
    }
  }

  #finish(): void {
    this.#tries = 0;
    if (!this.#isOver) this.#copyHere();
  }

  #copyHere(): void {
    try {
      // Fails while a large transaction is open (SQLITE_LOCKED). Then a later checkpoint copies the rest.
      this.#copy.get();
    } catch (error) {
      this.#failIfDisk(error);
    }
  }

  /**
   * Other errors lose nothing, and a later checkpoint tries again: the thread could not start, the disk is full (SQLite has
   * a code for that), or a quota is exceeded (SQLite reports a failed write).
   */
  #failIfDisk(error: unknown): void {
    const code = errorCode(error);
    if (code.startsWith('SQLITE_IOERR') && code !== 'SQLITE_IOERR_WRITE') this.#fail(error);
  }

  #fail(error: unknown): void {
    this.#isOver = true;
    this.#options.failed(errorText(error));
  }

  /** How many pages are not copied yet. NaN if SQLite cannot tell: then the last copy gets the error. */
  #left(): number {
    try {
      const { written, copied } = this.#frames();
      return written - copied;
    } catch {
      return NaN;
    }
  }

  /** How many pages were written to the log, and how many of these, from the first one on, are in the database file. */
  #frames(): { written: number; copied: number } {
    const [, written, copied] = this.#readLength.get() ?? [0, NaN, NaN];
    return { written, copied };
  }
}

function tell(thread: Worker, request: CheckpointRequest): void {
  thread.postMessage(request);
}
