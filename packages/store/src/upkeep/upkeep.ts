import type { Dialect } from '../dialect.ts';
import type { DeadLetters } from '../outbox/dead-letters.ts';
import { Sweep, type SweepOptions } from '../retention/sweep.ts';
import { complete } from '../sql/statement.ts';
import { RECORD_TABLES } from '../tables.ts';
import { BulkRedrive } from './bulk-redrive.ts';
import { JobRuns } from './job-runs.ts';

/**
 * How many promises one step of a sweep deletes on SQLite. A transaction there stops the whole process: for 0.5 ms with 10
 * promises, for 3 ms with 100 (`npm run bench:retention -- --targets sqlite`).
 */
const SQLITE_STEP = 10;
/**
 * On a database server a step takes no further graph once it has this share of `retention.batch_size`. Shorter steps keep requests
 * waiting for less time: with 100 promises in a step the p99 of a create rose 1.24 to 1.27 times (docs/retention.md).
 */
const STEP_SHARE = 0.5;

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
    const stepSize = this.#dialect.isShared ? Math.ceil(options.batchSize * STEP_SHARE) : SQLITE_STEP;
    return new Sweep(this.#dialect, { stepSize, ...options }, await this.#dialect.now());
  }

  /** Updates the statistics by which the database chooses indexes. @returns the number of tables. */
  async analyze(): Promise<number> {
    const { words, atomically } = this.#dialect.plain;
    for (const sql of words.analyze) await atomically([complete(sql)]);
    return RECORD_TABLES.length;
  }

  /** Rebuilds indexes that are far too large. @returns how many; null where the database needs none of it. */
  reindex(signal: AbortSignal): Promise<number> | null {
    return this.#dialect.reindex?.(signal) ?? null;
  }
}
