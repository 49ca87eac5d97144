import { isForOneConnection } from '@resonate/protocol';
import type { DeliveryColumns, ListenerRow } from '../rows.ts';
import { isDue, isWaiting } from './message-row.ts';

/** An `unblock` that could not be delivered, kept until somebody sends it again or drops it. Times are epoch ms. */
export interface DeadLetterRow extends Pick<
  DeliveryColumns,
  'address' | 'transport' | 'target' | 'prefers' | 'attempts'
> {
  awaited: string;
  lastError: string;
  enqueuedAt: number;
  diedAt: number;
}

/** The error of a failed delivery is cut to this many bytes. */
const MAX_ERROR_BYTES = 1_024;

/** The listener leaves the outbox for good (transition M9). */
export function deadLetterOf(listener: ListenerRow, error: string, now: number): DeadLetterRow {
  const { awaited, address, transport, target, prefers, attempts, enqueuedAt, dueAt } = listener;
  return {
    ...{ awaited, address, transport, target, prefers, attempts },
    lastError: bounded(error),
    enqueuedAt: enqueuedAt ?? dueAt ?? now,
    diedAt: now,
  };
}

/** True when an `unblock` waits for longer than `maxAgeMs` and nobody is delivering it. */
export function isTooOld(listener: ListenerRow, maxAgeMs: number, now: number): boolean {
  const { enqueuedAt, claimedBy } = listener;
  if (!isWaiting(listener) || enqueuedAt === null || enqueuedAt >= now - maxAgeMs) return false;
  return claimedBy === null || isDue(listener, now);
}

/**
 * True when the one connection that an `unblock` is for (`poll://uni@`) has been away for longer than `absentMs`
 * (transition M11). An open connection with room takes its messages as soon as they are due. So a message that has been
 * due for so long, and that nobody holds, had no connection in all that time.
 */
export function isForAbsent(listener: ListenerRow, absentMs: number, now: number): boolean {
  const { transport, target, dueAt, claimedBy } = listener;
  return isForOneConnection(transport, target) && claimedBy === null && dueAt !== null && dueAt < now - absentMs;
}

/** The letter is sent again: due at once, with no attempt behind it (transition M10). */
export function redriven({ awaited, address, transport, target, prefers }: DeadLetterRow, now: number): ListenerRow {
  const queue = { address, transport, target, prefers };
  return { awaited, ...queue, enqueuedAt: now, attempts: 0, claimedBy: null, deferredBy: null, dueAt: now };
}

/** Without NUL, which Postgres cannot store, and never cut through a character. */
function bounded(error: string): string {
  const bytes = new TextEncoder().encode(error.replaceAll('\u0000', ''));
  let end = Math.min(bytes.length, MAX_ERROR_BYTES);
  while (end < bytes.length && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return new TextDecoder().decode(bytes.subarray(0, end));
}
