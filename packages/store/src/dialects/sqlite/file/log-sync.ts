import { StoreUnavailable } from '../../../dialect.ts';
import { errorText } from '../../../error-text.ts';

/**
 * Brings commits to the disk beside the event loop. With `synchronous = FULL` SQLite syncs inside COMMIT and the whole
 * process stands still meanwhile; here COMMIT only writes the log, and whoever was told of it waits for the sync. One
 * sync covers every commit written before it began.
 */
export class LogSync {
  readonly #sync: () => Promise<void>;
  #written = 0;
  #durable = 0;
  #running: Promise<void> | null = null;
  readonly #end = new AbortController();

  /** @param sync brings everything written to the log so far to the disk. */
  constructor(sync: () => Promise<void>) {
    this.#sync = sync;
  }

  /** A commit was written to the log. */
  wrote(): void {
    this.#written++;
  }

  /**
   * Resolves when every commit so far would survive a power cut.
   * @throws StoreUnavailable from the first failed sync on, for good: nobody knows what of the log reached the disk, and
   * Linux reports the loss only once. A start reads the log afresh.
   */
  async durable(): Promise<void> {
    const upTo = this.#written;
    this.check();
    while (this.#durable < upTo) {
      await (this.#running ??= this.#run());
      this.check();
    }
  }

  /** @throws StoreUnavailable once the disk has failed: nothing more may be begun. */
  check(): void {
    this.failed.throwIfAborted();
  }

  /** From now on nothing may be begun, and nobody is told that anything is durable. The first reason stays. */
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
