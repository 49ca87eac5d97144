import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type Database from 'better-sqlite3';

/** What the thread is told. It answers a `copy` with any message. */
export type CheckpointRequest = 'copy' | 'close';

/** What of the log is copied on the event loop, for which it stands still: 400 pages took 6 ms, 250 took 4. */
const MAX_LAST_PAGES = 500;
/** A writer that is faster than the thread is stopped after as many tries: the log has a bound. */
const MAX_TRIES = 5;

/**
 * Writes the log back into the database file in a thread. SQLite does it within a COMMIT, and the whole process stands still
 * meanwhile: 39 to 65 ms for 64 MiB of pages all over a file of 400,000 promises, far more on a slow disk; now 1 to 6 ms
 * (`npm run bench:retention -- --targets sqlite --promises 400000`).
 *
 * SQLite begins the log anew only when all of it is copied, which the thread never reaches while others write. So it copies
 * nearly all, and the little that came meanwhile is copied here, between two transactions. SQLite syncs the file only then:
 * without a sync before that one would take as long as the thread has saved.
 */
export class LogCheckpoint {
  readonly #path: string;
  readonly #pages: number;
  readonly #syncFile: () => Promise<void>;
  readonly #look: Database.Statement;
  readonly #copy: Database.Statement;
  #thread: Worker | null = null;
  /** Of the checkpoint under way; 0: none is. */
  #tries = 0;
  /** Ends before the file may be closed; never rejects. */
  #syncing: Promise<void> = Promise.resolve();
  #nextAt: number;

  /** @param pages in the log that make a checkpoint begin. @param syncFile brings the database file to the disk. */
  constructor(database: Database.Database, path: string, pages: number, syncFile: () => Promise<void>) {
    this.#path = path;
    this.#syncFile = syncFile;
    this.#pages = pages;
    this.#nextAt = pages;
    this.#look = database.prepare('PRAGMA wal_checkpoint(NOOP)').raw(true);
    this.#copy = database.prepare('PRAGMA wal_checkpoint(PASSIVE)');
  }

  /** To be called after each commit; takes about a microsecond. Never throws: the commit is done, whatever is wrong. */
  committed(): void {
    if (this.#tries > 0) return;
    try {
      const { written } = this.#frames();
      if (written < this.#pages) this.#nextAt = this.#pages;
      else if (written >= this.#nextAt) this.#begin(written);
    } catch {
      // A later commit tries again.
    }
  }

  /** Ends the thread: the connection that is closed last writes all of the log back, and that shall be the server's. */
  async close(): Promise<void> {
    const thread = this.#thread;
    this.#thread = null;
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
    this.#nextAt = written + this.#pages / 4;
    this.#thread ??= this.#start();
    this.#tries = 1;
    tell(this.#thread, 'copy');
  }

  #start(): Worker {
    // In a checkout the thread's file is TypeScript, in an installed package JavaScript, as this one is.
    const script = new URL(`./log-checkpoint-thread${extname(import.meta.url)}`, import.meta.url);
    const thread = new Worker(script, { workerData: this.#path });
    thread.unref();
    thread.on('message', () => void this.#copied(thread));
    thread.on('error', () => {
      if (this.#thread !== thread) return;
      this.#thread = null;
      this.#finish();
    });
    return thread;
  }

  async #copied(thread: Worker): Promise<void> {
    // Whether it worked is for SQLite's own sync to say.
    this.#syncing = this.#syncFile().catch(() => undefined);
    await this.#syncing;
    if (this.#thread !== thread) return;
    if (this.#tries < MAX_TRIES && this.#left() > MAX_LAST_PAGES) {
      this.#tries++;
      tell(thread, 'copy');
    } else {
      this.#finish();
    }
  }

  #finish(): void {
    this.#tries = 0;
    try {
      this.#copy.get();
    } catch {
      // A full disk, for one. What is committed is in the log all the same.
    }
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
