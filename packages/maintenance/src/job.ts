/** Work that nobody waits for, done by one process of the cluster at a time. */
export interface Job {
  name: string;
  /** How long after one run the next one begins. */
  everyMs: number;
  /** Ends soon after the signal. It may be ended at any instant, and run again: it leaves nothing that must be repaired. */
  run(signal: AbortSignal): Promise<void>;
}
