import { isDue, isTask, type MessageRow } from './message-row.ts';

export interface Claimer {
  processId: string;
  /** A claimed message is due again after this time, unless its task was acquired or its outcome recorded. */
  retryTimeoutMs: number;
}

/** Whether the message may be claimed now (transition M1): it is due, and its task has not timed out. */
export function isClaimable(message: MessageRow, now: number): boolean {
  return isDue(message, now) && (!isTask(message) || now < message.timeoutAt);
}

/** The connections of the process that claims. */
export interface Preferred {
  /** The connections that messages may prefer. */
  preferred: ReadonlySet<string>;
  /** How long a due message that prefers another connection is left to the process that has that connection. */
  graceMs: number;
}

/** Whether the message is still reserved for a connection of another process. */
export function isReserved(message: MessageRow, { preferred, graceMs }: Preferred, now: number): boolean {
  const { prefers, dueAt } = message;
  return prefers !== null && !preferred.has(prefers) && dueAt !== null && dueAt > now - graceMs;
}

/** The process claims the message, to deliver it (transition M1). */
export function claimed<Row extends MessageRow>(
  message: Row,
  { processId, retryTimeoutMs }: Claimer,
  now: number,
): Row {
  return {
    ...message,
    dueAt: now + retryTimeoutMs,
    enqueuedAt: message.enqueuedAt ?? message.dueAt,
    attempts: attemptsWithThisOne(message),
    claimedBy: processId,
    deferredBy: null,
  };
}

/**
 * The number of attempts since the last success, with this one. If a message is claimed again and no outcome of its last
 * claim was recorded, that attempt does not count as failed: the task may be delivered but not acquired, the delivery of an
 * `unblock` may take long, or the process may have died. But this is not the first attempt, so the number is at least 2.
 * Earlier failures of an `execute` are forgotten then, because its success is never recorded.
 */
function attemptsWithThisOne(message: MessageRow): number {
  const { claimedBy, attempts } = message;
  if (claimedBy === null) return attempts + 1;
  return isTask(message) ? 2 : Math.max(2, attempts);
}
