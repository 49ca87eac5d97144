import type { Dialect } from '../dialect.ts';
import type { DeadLetters } from '../outbox/dead-letters.ts';
import { Sweep, type SweepOptions } from '../retention/sweep.ts';
import { complete } from '../sql/statement.ts';
import { RECORD_TABLES } from '../tables.ts';
import { BulkRedrive } from './bulk-redrive.ts';
import { JobRuns } from './job-runs.ts';

/** What the maintenance jobs do to the database, and what is recorded about them. */
export class Upkeep {
  readonly #dialect: Dialect;
  /** Redrives many dead letters at once. */
  readonly bulkRedrive: BulkRedrive;
  /** The last run of each job. */
  readonly jobs: JobRuns;

  constructor(dialect: Dialect, letters: DeadLetters) {
    this.#dialect = dialect;
    this.bulkRedrive = new BulkRedrive(dialect, letters);
    this.jobs = new JobRuns(dialect);
  }

  /** Begins to delete promises that have been settled for long enough. */
  async sweep(options: SweepOptions): Promise<Sweep> {
    const stepSize = this.#dialect.sweepStep(options.batchSize);
    return new Sweep(this.#dialect, { stepSize, ...options }, await this.#dialect.now());
  }

  /**
   * Updates the statistics by which the database chooses indexes, and removes the batch numbers of connections that ended
   * over a day ago.
   * @returns the number of tables that were considered. The database may skip small or unchanged ones.
   */
  async analyze(): Promise<number> {
    await this.#dialect.forgetConnections?.();
    const { words, atomically } = this.#dialect.plain;
    for (const sql of words.analyze) await atomically([complete(sql)]);
    return RECORD_TABLES.length;
  }

  /** Rebuilds indexes that are far too large. @returns how many; null where the database needs none of it. */
  reindex(signal: AbortSignal): Promise<number> | null {
    return this.#dialect.reindex?.(signal) ?? null;
  }
}
