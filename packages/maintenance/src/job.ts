import type { JobName } from '@resonate/store';

/** Work that nobody waits for, done by one process of the cluster at a time. */
export interface Job {
  readonly name: string;
  /** When its next run is due, epoch ms by the store's clock; null: it is not wanted now. */
  dueAt(): Promise<number | null>;
  /** Ends soon after the signal. It may be ended at any instant, and run again: it leaves nothing that must be repaired. */
  run(signal: AbortSignal): Promise<void>;
}

/** What a job did, by name: for operators. */
export type Done = Record<string, number>;

/** A job before it is written down and counted (`recorded`). */
export interface Duty {
  readonly name: JobName;
  /** How long after one run the next one begins, or whether it is wanted now. */
  readonly when: { everyMs: number } | { isWanted(): Promise<boolean> };
  run(signal: AbortSignal): Promise<Done>;
}
