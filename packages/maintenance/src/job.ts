import type { JobName } from '@resonate/store';

/** Background work that one process of the cluster does at a time. */
export interface Job {
  readonly name: string;
  /** When its next run is due, epoch ms by the store's clock; null if no run is wanted now. */
  dueAt(): Promise<number | null>;
  /** Ends soon after the signal. It may be killed at any instant and run again; it leaves nothing to repair. */
  run(signal: AbortSignal): Promise<void>;
}

/** What a run did, as counts by name, for operators. */
export type Done = Record<string, number>;

/** A job without the recording of its runs (`recorded`). */
export interface Duty {
  readonly name: JobName;
  /** How long after the end of one run the next one begins, or whether a run is wanted now. */
  readonly when: { everyMs: number } | { isWanted(): Promise<boolean> };
  run(signal: AbortSignal): Promise<Done>;
}
