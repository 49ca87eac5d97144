import type { Release } from '@resonate/machine';
import type { Transport } from '@resonate/protocol';
import { LISTENERS, PROMISES } from '../tables.ts';
import type { Statement } from './statement.ts';

/** The messages that a process has room for. */
export interface DueMessages {
  transport: Transport;
  /** The maximum number of messages for each target. */
  targets: readonly { target: string; limit: number }[];
  /**
   * The connections of this process. A message that prefers a connection is claimed at once if it is one of these, and
   * otherwise when it has been due for `graceMs`.
   */
  preferred: readonly string[];
  graceMs: number;
  /**
   * The maximum size of the promises of all `unblock`s together, in bytes; 16 MiB if unset or larger. The first promise is
   * accepted even if it is larger, unless this is 0: then only small ones are accepted.
   */
  maxBytes?: number;
}

/**
 * The select list of a due listener: its columns, and behind them the size of its promise. So a claim can choose messages
 * that fit into memory before it writes anything or loads a promise. On MySQL the size of a promise that is settled during
 * the statement may still be that of the pending one. MySQL and MariaDB read the whole promise to know its size: the look-up
 * takes 0.3 s for 200 promises of 1 MB (buffer pool: 128 MB). With a column for the size, which does not exist, it took 5 to 15 ms.
 * @param which finds the promise: what follows WHERE.
 */
export function dueListener(which = 'p.id = listeners.awaited'): string {
  return `${LISTENERS.list('listeners')}, (SELECT ${PROMISES.bytes('p')} FROM promises AS p WHERE ${which})`;
}

/**
 * How a database finds and locks messages. What happens to the rows is decided by the rules in
 * `packages/machine/src/delivery`.
 */
export interface OutboxSql {
  /**
   * Locks due messages: for each target the oldest ones up to its limit. Skips rows that another transaction has locked.
   * Returns the columns of `dueListener` and those of `TASKS`.
   */
  lockDue(due: DueMessages): { listeners: Statement[]; tasks: Statement[] };
  /** Answers the targets after `after`, by name, and when the first message of each is due. */
  waiting(transport: Transport, limit: number, after: string): Statement[];
  /** Each statement answers one number: how many messages are due, counted up to `limit`. */
  countDue(transport: Transport, targets: readonly string[], limit: number): Statement[];
  /** Answers when the first message of each target is due. A target without messages is left out, or its time is null. */
  nextDue(transport: Transport, targets: readonly string[]): Statement[];
  /**
   * Finds, without a lock, messages that `released` may give back. Messages that are due need no release, so Postgres and
   * MySQL do not read the backlog. SQLite reads all waiting messages.
   * @returns ids of tasks, and rows of `LISTENER_KEYS.list()`: fewer than `limit` of each if there are no more.
   */
  held(release: Release, limit: number): Promise<[tasks: unknown[][], listeners: unknown[][]]>;
}
