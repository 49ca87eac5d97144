import { isTask, type MessageRow } from './message-row.ts';

export interface Claimer {
  processId: string;
  /** After so long a claimed message is due again, unless it was acquired or acknowledged. */
  retryTimeoutMs: number;
}

/** The process takes the message in order to deliver it (transition M1). */
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
 * Undoes a claim with which the process did nothing: the message is as it was before the claim (transition M12).
 * @param taken the message as it was claimed. @param before as it was found.
 */
export function unclaimed<Row extends MessageRow>(message: Row, taken: Row, before: Row): Row {
  const isUnchanged = message.claimedBy === taken.claimedBy && message.dueAt === taken.dueAt;
  if (!isUnchanged || message.attempts !== taken.attempts) return message;
  const { dueAt, enqueuedAt, attempts, claimedBy, deferredBy } = before;
  return { ...message, dueAt, enqueuedAt, attempts, claimedBy, deferredBy };
}

/**
 * The failures since the last success, with this attempt. A message that is claimed again although nothing was
 * recorded of the last claim did not fail: the task was delivered and not acquired yet, an `unblock` takes long, or
 * its process died. It is not the first attempt either, so the number is at least 2.
 */
function attemptsWithThisOne(message: MessageRow): number {
  const { claimedBy, attempts } = message;
  if (claimedBy === null) return attempts + 1;
  return isTask(message) ? 2 : Math.max(2, attempts);
}
