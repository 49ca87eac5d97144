import { errorText } from '../error-text.ts';
import { StoreUnavailable } from '../errors.ts';

/**
 * Flushes commits to the disk without blocking the event loop. With `synchronous = FULL`, SQLite syncs inside COMMIT, which
 * blocks the whole process. Here COMMIT only writes the log, and the answers wait for the sync. One sync covers all commits
 * that were written before it began.
 */
export class LogSync {
  readonly #sync: () => Promise<void>;
  #written = 0;
  #durable = 0;
  #running: Promise<void> | null = null;
  readonly #end = new AbortController();

  /** @param sync flushes everything that was written to the log so far. */
  constructor(sync: () => Promise<void>) {
    this.#sync = sync;
  }

  /** A commit was written to the log. */
  wrote(): void {
    this.#written++;
  }

  /**
   * Resolves when every commit so far would survive a power cut.
   * @throws StoreUnavailable after the first failed sync, until the process is restarted: it is not known which part of the
   * log is on the disk, and Linux reports a loss only once. A start reads the log again.
   */
  async durable(): Promise<void> {
    const upTo = this.#written;
    this.check();
    while (this.#durable < upTo) {
      await (this.#running ??= this.#run());
      this.check();
    }
  }

  /** @throws StoreUnavailable once the disk has failed. Then no transaction may begin. */
  check(): void {
    this.failed.throwIfAborted();
  }

  /** From now on no transaction may begin, and `durable` rejects. The first reason stays. */
  fail(reason: string): void {
    this.#end.abort(new StoreUnavailable(reason));
  }

  /** Aborted with a StoreUnavailable. */
  get failed(): AbortSignal {
    return this.#end.signal;
  }

  async #run(): Promise<void> {
    const upTo = this.#written;
    try {
      await this.#sync();
      this.#durable = upTo;
    } catch (error) {
      this.fail(`the database's log could not be synced: ${errorText(error)}`);
    } finally {
      this.#running = null;
    }
  }
}
