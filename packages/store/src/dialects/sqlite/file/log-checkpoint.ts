import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type Database from 'better-sqlite3';

/** What the thread is told. It answers a `copy` with any message. */
export type CheckpointRequest = 'copy' | 'close';

/** What of the log is copied on the event loop, for which it stands still: 400 pages took 6 ms, 250 took 4. */
const MAX_LAST_PAGES = 500;
/** As many times the log's usual length make a commit itself write it back: the thread that should have done it does not. */
const OVERDUE = 4;
/** A writer that is faster than the thread is stopped after as many tries: the log has a bound. */
const MAX_TRIES = 5;

export interface LogCheckpointOptions {
  path: string;
  /** In the log, that make a checkpoint begin. */
  pages: number;
  /** Brings the database file to the disk. */
  syncFile(): Promise<void>;
  /** Nobody knows any more what of the file is on the disk: nothing may be committed from then on. The first reason counts. */
  failed(error: Error): void;
}

/**
 * Writes the log back into the database file in a thread. SQLite does it within a COMMIT, and the whole process stands still
 * meanwhile: 39 to 65 ms for 64 MiB of pages all over a file of 400,000 promises, far more on a slow disk; now 1 to 6 ms
 * (`npm run bench:retention -- --targets sqlite --promises 400000`).
 *
 * SQLite begins the log anew only when all of it is copied, which the thread never reaches while others write. So it copies
 * nearly all, and the little that came meanwhile is copied here, between two transactions. SQLite syncs the file only then:
 * without a sync before that one would take as long as the thread has saved.
 *
 * SQLite notes what is copied before it is synced, and Linux tells of pages that were lost only once. So one failure of the
 * disk ends all checkpoints: the next one would go on behind what was lost, succeed, and begin the log anew over the only
 * copy of it. A start copies all of the log again (`connection.ts`).
 */
export class LogCheckpoint {
  readonly #options: LogCheckpointOptions;
  readonly #look: Database.Statement;
  readonly #copy: Database.Statement;
  #thread: Worker | null = null;
  /** Of the checkpoint under way; 0: none is. */
  #tries = 0;
  /** Ends before the file may be closed; never rejects. */
  #syncing: Promise<void> = Promise.resolve();
  #nextAt: number;
  /** Closed, or failed: nothing is begun any more. */
  #isOver = false;

  constructor(database: Database.Database, options: LogCheckpointOptions) {
    this.#options = options;
    this.#nextAt = options.pages;
    this.#look = database.prepare('PRAGMA wal_checkpoint(NOOP)').raw(true);
    this.#copy = database.prepare('PRAGMA wal_checkpoint(PASSIVE)');
  }

  /** To be called after each commit; takes about a microsecond. Never throws: the commit is done, whatever is wrong. */
  committed(): void {
    if (this.#isOver) return;
    const { pages } = this.#options;
    try {
      const { written } = this.#frames();
      if (written < pages) this.#nextAt = pages;
      else if (written >= OVERDUE * pages) this.#copyHere();
      else if (written >= this.#nextAt && this.#tries === 0) this.#begin(written);
    } catch {
      // A later commit tries again.
    }
  }

  /** Ends the thread: the connection that is closed last writes all of the log back, and that shall be the server's. */
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

  #begin(written: number): void {
    // Not at every commit again, should this fail: somebody may be reading what is in the log, in a database shell.
    this.#nextAt = written + this.#options.pages / 4;
    this.#thread ??= this.#start();
    this.#tries = 1;
    tell(this.#thread, 'copy');
  }

  #start(): Worker {
    // In a checkout the thread's file is TypeScript, in an installed package JavaScript, as this one is.
    const script = new URL(`./log-checkpoint-thread${extname(import.meta.url)}`, import.meta.url);
    const thread = new Worker(script, { workerData: this.#options.path });
    thread.on('message', () => void this.#copied(thread));
    thread.on('error', (error) => this.#failIfDisk(error));
    thread.on('exit', () => {
      this.#thread = null;
      this.#finish();
    });
    // After the listeners, which have the process wait for the thread.
    thread.unref();
    return thread;
  }

  async #copied(thread: Worker): Promise<void> {
    const sync = this.#options.syncFile().catch((error: unknown) => this.#fail(error as Error));
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
      this.#copy.get();
    } catch (error) {
      this.#failIfDisk(error);
    }
  }

  /**
   * Everything else loses nothing, and a later checkpoint tries again: a thread that could not start, a full disk, for which
   * SQLite has a code of its own, or a quota, for which it has not: then it is a write that failed.
   */
  #failIfDisk(error: unknown): void {
    const code = String((error as { code?: unknown }).code);
    if (code.startsWith('SQLITE_IOERR') && code !== 'SQLITE_IOERR_WRITE') this.#fail(error as Error);
  }

  #fail(error: Error): void {
    this.#isOver = true;
    this.#options.failed(error);
  }

  /** Pages that are not copied yet. Not a number when SQLite can't say: then the last copy finds out what is wrong. */
  #left(): number {
    try {
      const { written, copied } = this.#frames();
      return written - copied;
    } catch {
      return NaN;
    }
  }

  /** Pages in the log since it began, and how many of them are in the database file, from the first one on. */
  #frames(): { written: number; copied: number } {
    const [, written, copied] = this.#look.get() as [busy: number, written: number, copied: number];
    return { written, copied };
  }
}

function tell(thread: Worker, request: CheckpointRequest): void {
  thread.postMessage(request);
}
