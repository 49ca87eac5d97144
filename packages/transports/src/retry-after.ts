const SECONDS = /^\d{1,9}$/;

/**
 * The header `Retry-After` of an answer: seconds, or a date.
 * @returns how long to wait in ms, 0 when that time is over; null without the header or when it says neither.
 */
export function retryAfterMs(header: string | string[] | undefined, now: number): number | null {
  if (typeof header !== 'string') return null;
  const text = header.trim();
  if (SECONDS.test(text)) return Number(text) * 1_000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}
