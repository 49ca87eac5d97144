import type { Dialect } from '../dialect.ts';
import { json } from '../sql/read.ts';

/** Every maintenance job there is; `reindex` only where the database has use for it. */
export const JOBS = ['retention', 'redrive', 'analyze', 'reindex'] as const;
export type JobName = (typeof JOBS)[number];

/** The last run of a maintenance job, or the one under way. Times are epoch ms by the store's clock. */
export interface JobRun {
  /** The process that runs it. */
  by: string;
  startedAt: number;
  /** null: it runs, or its process died. */
  endedAt: number | null;
  /** Why it failed; null: it did not. */
  error: string | null;
  /** What it has done, by name. */
  done: Readonly<Record<string, number>>;
}

/** What the cluster knows of its maintenance jobs, whoever leads and whatever runs them. */
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
