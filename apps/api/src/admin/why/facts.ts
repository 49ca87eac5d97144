import type { Cause } from '@resonate/admin';
import type { ProcessStats } from '@resonate/process';
import type { FailedPromise, Outcome, TaskRow, WaitingPromise } from '@resonate/store';

/** What a diagnosis is made of. It does no I/O: all of this is read before. Times are epoch ms, by the store's clock. */
export interface Facts {
  now: number;
  chain: Chain;
  processes: readonly ProcessFacts[];
  /** After so long a delivered message is sent again (tasks.retry_timeout). */
  retryTimeoutMs: number;
  /** The prefix of the ids that the reader may see; '' for all. */
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
   * Why it was not followed further: `end`, the last promise waits for no other one; `cycle`, it waits for one of the
   * chain; `too_deep`, there are more; `hidden`, the reader may not see the next one; `gone`, it is a step of a promise
   * that does not exist.
   */
  ended: 'end' | 'cycle' | 'too_deep' | 'hidden' | 'gone';
  /** If the last promise waits for one that has ended by its timeout, and was not told: when that was. */
  expiredAt: number | null;
  /** How the last promise ended, if it is settled. */
  outcome: Outcome | null;
  /** If it failed: the descendants that failed, each a child of the one before. */
  failed: readonly FailedPromise[];
}

export interface Link {
  promise: WaitingPromise;
  /** How it concerns the promise before it. */
  as: 'start' | 'awaited' | 'branch';
  /** How many others the promise before it waits for. */
  others: number;
}

/** A pending promise with its task, and how the sentence begins. */
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
  needsAction: boolean;
  error?: string | undefined;
  since?: number | undefined;
  until?: number | undefined;
}

/** Until then, a message that is due or was sent is not late. */
export const LATE_MS = 5_000;
