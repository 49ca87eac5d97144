import type { JobName } from '@resonate/store';

/** Background work. At any time at most one process of the cluster runs it. */
export interface Job {
  readonly name: string;
  /** When its next run is due, epoch ms by the store's clock; null if no run is wanted now. */
  dueAt(): Promise<number | null>;
  /**
   * Ends soon after the signal is aborted. The process may be killed at any moment. The job then runs again, and
   * nothing needs repair.
   */
  run(signal: AbortSignal): Promise<void>;
}

/** The results of a run, as counts by name, for operators. */
export type Done = Record<string, number>;

/** The work of a job. `recorded` turns it into a Job whose runs are recorded. */
export interface Duty {
  readonly name: JobName;
  /** When to run it: some time after the end of the last run, or whenever a run is wanted. */
  readonly when: { everyMs: number } | { isWanted(): Promise<boolean> };
  run(signal: AbortSignal): Promise<Done>;
}
