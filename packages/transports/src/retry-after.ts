const SECONDS = /^\d{1,9}$/;

/**
 * The header `Retry-After` of an answer: seconds, or a date.
 * @returns how long to wait in ms, 0 for a time that has passed; null if the header is absent or invalid.
 */
export function retryAfterMs(header: string | string[] | undefined, now: number): number | null {
  if (typeof header !== 'string') return null;
  const text = header.trim();
  if (SECONDS.test(text)) return Number(text) * 1_000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}
