import { isForOneConnection } from '@resonate/protocol';
import type { DeliveryColumns, ListenerRow } from '../rows.ts';
import { isDue, isWaiting } from './message-row.ts';

/** An `unblock` that could not be delivered, kept until an operator redrives or drops it. Times are epoch ms. */
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

/** The dead letter that replaces a listener (transition M9). */
export function deadLetterOf(listener: ListenerRow, error: string, now: number): DeadLetterRow {
  const { awaited, address, transport, target, prefers, attempts, enqueuedAt, dueAt } = listener;
  return {
    ...{ awaited, address, transport, target, prefers, attempts },
    lastError: bounded(error),
    enqueuedAt: enqueuedAt ?? dueAt ?? now,
    diedAt: now,
  };
}

/** True when an `unblock` has waited for longer than `maxAgeMs` and no process is delivering it. */
export function isTooOld(listener: ListenerRow, maxAgeMs: number, now: number): boolean {
  const { enqueuedAt, claimedBy } = listener;
  if (!isWaiting(listener) || enqueuedAt === null || enqueuedAt >= now - maxAgeMs) return false;
  return claimedBy === null || isDue(listener, now);
}

/**
 * True when the one connection that an `unblock` is for (`poll://uni@`) has been closed for longer than `absentMs`
 * (transition M11). An open connection claims its messages as soon as they are due. If it is full, its process makes them
 * due again and again (`waitsForOpen`). So if a message has been due for that long and is not claimed, the connection was
 * closed all the time.
 */
export function isForAbsent(listener: ListenerRow, absentMs: number, now: number): boolean {
  const { transport, target, dueAt, claimedBy } = listener;
  return isForOneConnection(transport, target) && claimedBy === null && dueAt !== null && dueAt < now - absentMs;
}

/**
 * The one connection that an `unblock` is for is open, but it has no room for the message. The message keeps its age and is
 * due from now on, so that it does not look as if its connection were closed (transition M12).
 */
export function waitsForOpen(listener: ListenerRow, now: number): ListenerRow {
  if (!isForAbsent(listener, 0, now)) return listener;
  return { ...listener, enqueuedAt: listener.enqueuedAt ?? listener.dueAt, dueAt: now };
}

/** The listener for a letter that is redriven: due at once, without attempts (transition M10). */
export function redriven({ awaited, address, transport, target, prefers }: DeadLetterRow, now: number): ListenerRow {
  const queue = { address, transport, target, prefers };
  return { awaited, ...queue, enqueuedAt: now, attempts: 0, claimedBy: null, deferredBy: null, dueAt: now };
}

/** Removes NUL, which Postgres cannot store, and cuts the text, but never within a character. */
function bounded(error: string): string {
  const bytes = new TextEncoder().encode(error.replaceAll('\u0000', ''));
  let end = Math.min(bytes.length, MAX_ERROR_BYTES);
  while (end < bytes.length && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return new TextDecoder().decode(bytes.subarray(0, end));
}
