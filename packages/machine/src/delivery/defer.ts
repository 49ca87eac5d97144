import { isDue, isWaiting, type MessageRow } from './message-row.ts';

/**
 * The target keeps failing, so what is due for it waits for `forMs` at most (transition M6). Deferred messages keep the
 * order of their age as far as `forMs` allows, so that the oldest comes first also when nobody resumes them.
 */
export function deferred<Row extends MessageRow>(message: Row, processId: string, forMs: number, now: number): Row {
  if (!isDue(message, now)) return message;
  const since = message.enqueuedAt ?? message.dueAt ?? now;
  const span = Math.floor(forMs / 2);
  const dueAt = now - since > span ? now + forMs - span : since + forMs;
  return { ...message, enqueuedAt: since, dueAt, claimedBy: null, deferredBy: processId };
}

/**
 * A message that failed this often comes by its own backoff only. Otherwise one that is refused for good would use up
 * its attempts within moments, each time that others succeed.
 */
export const MAX_RESUMED_ATTEMPTS = 10;

/** Which messages to resume. */
export interface ResumeLimits {
  /** The longest that anything is deferred for: what is due later than this was delayed by its sender. */
  withinMs: number;
  /** Only messages with fewer attempts than this. */
  maxAttempts: number;
}

/** The target works again: messages that were deferred, or that wait for their next try, are due at once (transition M7). */
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
