import type { RowChanges, ListenerRow, Release, TaskRow } from '@resonate/machine';
import type { Transport } from '@resonate/protocol';
import type { ListenerKey } from './conditions.ts';
import type { Statement } from './statement.ts';

/** Which messages a process has room for. */
export interface DueMessages {
  transport: Transport;
  /** How many messages of which target at most. */
  targets: readonly { target: string; limit: number }[];
  /**
   * Messages that prefer a connection are taken at once only when it is one of these; the others when they have been
   * due for `graceMs`.
   */
  preferred: readonly string[];
  graceMs: number;
  /**
   * How many bytes the promises of `unblock`s may have together; 16 MiB unless given. One is claimed however large, but
   * with 0 only small ones are.
   */
  maxBytes?: number;
}

/**
 * How a database finds and locks messages. It decides nothing: what becomes of a row that was found is said by the rules
 * in `packages/machine/src/delivery`.
 */
export interface OutboxSql {
  /**
   * Locks what is due, of each target the oldest up to its limit, and passes over what somebody else has locked; rows by
   * `LISTENERS` and by `TASKS`.
   */
  lockDue(due: DueMessages): { listeners: Statement[]; tasks: Statement[] };
  /** Answers targets above `after`, by name, and when the first message of each is due. */
  waiting(transport: Transport, limit: number, after: string): Statement[];
  /** Each statement answers one number: how many messages are due, up to `limit`. */
  countDue(transport: Transport, targets: readonly string[], limit: number): Statement[];
  /** Answers these targets and when the first message of each is due. A target without messages is left out, or its time is null. */
  nextDue(transport: Transport, targets: readonly string[]): Statement[];
  /**
   * Finds, without a lock, what `released` may give back: ids of tasks, and listeners as awaited and address. Rows whose
   * time has come need no release, so the backlog is not looked at.
   */
  held(release: Release, limit: number): Promise<{ tasks: string[]; listeners: ListenerKey[] }>;
}

/** What one transaction writes into the outbox. */
export interface OutboxWrites<Result> {
  tasks: readonly TaskRow[];
  listeners: RowChanges<ListenerRow>;
  /** Further statements that go with them. */
  also?: readonly Statement[];
  /** Made of the rows of `also`. */
  result(also: unknown[][][]): Result;
}
