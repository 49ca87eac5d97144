import type { Clock } from '@resonate/lifecycle';
import type { Response } from 'express';

/** The longest delay that setTimeout accepts. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Ends a stream when its token expires (see `untilExpiry`). The client must connect again with a valid token. */
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
  let timer: NodeJS.Timeout;
  const wait = (): void => {
    const leftMs = expiresAt - clock.now();
    timer = leftMs > MAX_TIMER_MS ? setTimeout(wait, MAX_TIMER_MS) : setTimeout(expired, leftMs);
  };
  wait();
  return () => clearTimeout(timer);
}
