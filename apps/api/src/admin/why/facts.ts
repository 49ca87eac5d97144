import type { Cause } from '@resonate/admin';
import type { ProcessStats } from '@resonate/process';
import type { FailedPromise, PromiseOutcome, TaskRow, WaitingPromise } from '@resonate/store';

/**
 * The input of a diagnosis. It is read beforehand, because a diagnosis does no I/O. Times are epoch ms, by the store's
 * clock.
 */
export interface Facts {
  now: number;
  chain: Chain;
  processes: readonly ProcessFacts[];
  /** The time after which a delivered message is sent again (tasks.retry_timeout). */
  retryTimeoutMs: number;
  /** The prefix of the ids that the token may see; '' for all. */
  prefix: string;
}

export interface ProcessFacts {
  role: string;
  startedAt: number;
  heartbeatAt: number;
  isAlive: boolean;
  leader: boolean;
  stats: ProcessStats | null;
}

/** A promise, what it waits for, what that waits for, and so on. */
export interface Chain {
  links: readonly [Link, ...Link[]];
  /**
   * Why the chain ends. `end`: the last promise waits for no other one. `cycle`: it waits for a promise of the chain.
   * `too_deep`: there are more promises. `hidden`: the token may not see the next one. `gone`: it is a step of a
   * promise that does not exist.
   */
  ended: 'end' | 'cycle' | 'too_deep' | 'hidden' | 'gone';
  /** When an awaited promise of the last promise timed out, if the last promise was not resumed yet. */
  expiredAt: number | null;
  /** How the last promise ended, if it is settled. */
  outcome: PromiseOutcome | null;
  /** If it failed: the failed descendants, each a child of the previous one. */
  failed: readonly FailedPromise[];
}

export interface Link {
  promise: WaitingPromise;
  /** Its relation to the previous promise. */
  as: 'start' | 'awaited' | 'branch';
  /** How many other promises the previous promise waits for. */
  others: number;
}

/** A pending promise with its task, and the subject of the sentence. */
export interface Waiting {
  promise: WaitingPromise;
  task: TaskRow;
  subject: string;
}

/** The end of a chain, in words. */
export interface Ending {
  cause: Cause;
  sentence: string;
  action: string;
  command?: string | undefined;
  needsAction: boolean;
  error?: string | undefined;
  since?: number | undefined;
  until?: number | undefined;
}

/** A timer or message is late only if it has been due for longer than this, or if it was sent longer ago than this. */
export const LATE_MS = 5_000;
