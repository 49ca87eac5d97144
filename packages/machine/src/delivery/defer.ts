import { isDue, isWaiting, type MessageRow } from './message-row.ts';

/**
 * The target keeps failing, so a message that is due for it waits, for at most `forMs` (transition M6). Older messages become
 * due earlier, by up to half of `forMs`. So if the messages are not resumed, the older one of two is sent first, unless both
 * have waited longer than that.
 */
export function deferred<Row extends MessageRow>(message: Row, processId: string, forMs: number, now: number): Row {
  if (!isDue(message, now)) return message;
  const since = message.enqueuedAt ?? message.dueAt ?? now;
  const span = Math.floor(forMs / 2);
  const dueAt = now - since > span ? now + forMs - span : since + forMs;
  return { ...message, enqueuedAt: since, dueAt, claimedBy: null, deferredBy: processId };
}

/**
 * A message that has failed this often is not resumed; it waits for its own backoff. Otherwise a message that its target
 * always refuses would use up its attempts within moments, whenever others succeed. A circuit that needs one message to probe
 * its target resumes even such a message if there is no other.
 */
export const MAX_RESUMED_ATTEMPTS = 10;

/** Which messages to resume. */
export interface ResumeLimits {
  /** The longest time that a message is deferred for. A message that is due later was delayed by its sender. */
  withinMs: number;
  /** Only messages with fewer attempts than this. */
  maxAttempts: number;
}

/** The target works again, so deferred messages and those that wait for their next attempt are due at once (transition M7). */
export function resumed<Row extends MessageRow>(
  message: Row,
  { withinMs, maxAttempts }: ResumeLimits,
  now: number,
): Row {
  const { dueAt, enqueuedAt, claimedBy, attempts } = message;
  if (!isWaiting(message) || claimedBy !== null || attempts >= maxAttempts) return message;
  if (dueAt === null || dueAt <= now || dueAt > now + withinMs) return message;
  if (enqueuedAt === null || enqueuedAt >= dueAt) return message;
  return { ...message, dueAt: enqueuedAt, deferredBy: null };
}
