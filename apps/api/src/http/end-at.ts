import type { Clock } from '@resonate/lifecycle';
import type { Response } from 'express';

/** The longest setTimeout there is. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Ends a stream when its token expires: its client must come back with one that holds. */
export function endAt(expiresAt: number | null, response: Response, clock: Clock): void {
  if (expiresAt === null) return;
  const timer = setTimeout(() => response.end(), Math.min(expiresAt - clock.now(), MAX_TIMER_MS));
  response.once('close', () => clearTimeout(timer));
}
