import { isTask, type Message } from './message.ts';

export interface Claimer {
  processId: string;
  /** After so long a claimed message is due again, unless it was acquired or acknowledged. */
  retryTimeoutMs: number;
}

/** The process takes the message in order to deliver it (transition M1). */
export function claimed<Row extends Message>(message: Row, { processId, retryTimeoutMs }: Claimer, now: number): Row {
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
 * The failures since the last success, with this attempt. A message that is claimed again although nothing was
 * recorded of the last claim did not fail: the task was delivered and not acquired yet, an `unblock` takes long, or
 * its process died. It is not the first attempt either, so the number is at least 2.
 */
function attemptsWithThisOne(message: Message): number {
  const { claimedBy, attempts } = message;
  if (claimedBy === null) return attempts + 1;
  return isTask(message) ? 2 : Math.max(2, attempts);
}
