import type { Clock } from '@resonate/lifecycle';
import type { Response } from 'express';

/** The longest delay that setTimeout accepts. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Ends a stream when its token expires. The client must connect again with a valid token. */
export function endAt(expiresAt: number | null, response: Response, clock: Clock): void {
  response.once(
    'close',
    untilExpiry(expiresAt, clock, () => response.end()),
  );
}

/**
 * Calls `expired` when a token expires.
 * @param expiresAt epoch ms; null: never.
 * @returns a function that cancels it.
 */
export function untilExpiry(expiresAt: number | null, clock: Clock, expired: () => void): () => void {
  if (expiresAt === null) return () => {};
  const timer = setTimeout(expired, Math.min(expiresAt - clock.now(), MAX_TIMER_MS));
  return () => clearTimeout(timer);
}
