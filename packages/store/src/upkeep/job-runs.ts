import type { Dialect } from '../dialect.ts';
import { json } from '../sql/read.ts';

/** All maintenance jobs. `reindex` runs only on databases where it helps. */
export const JOBS = ['retention', 'redrive', 'analyze', 'reindex'] as const;
export type JobName = (typeof JOBS)[number];

/** The current run of a maintenance job, or the last one. Times are epoch ms by the store's clock. */
export interface JobRun {
  /** The process that runs it. */
  by: string;
  startedAt: number;
  /** null: it is running, or its process died. */
  endedAt: number | null;
  /** Why it failed; null if it did not. */
  error: string | null;
  /** What it did: counts by name. */
  done: Readonly<Record<string, number>>;
}

/** The last run of each maintenance job, stored in the database so that all processes of the cluster see it. */
export class JobRuns {
  readonly #dialect: Pick<Dialect, 'readSetting' | 'writeSetting'>;

  constructor(dialect: Pick<Dialect, 'readSetting' | 'writeSetting'>) {
    this.#dialect = dialect;
  }

  async lastRun(job: JobName): Promise<JobRun | null> {
    const text = await this.#dialect.readSetting(keyOf(job));
    return text === null ? null : json<JobRun>(text);
  }

  record(job: JobName, run: JobRun): Promise<void> {
    return this.#dialect.writeSetting(keyOf(job), JSON.stringify(run));
  }
}

function keyOf(job: JobName): string {
  return `job ${job}`;
}
