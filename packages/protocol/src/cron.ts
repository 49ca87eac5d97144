import { Cron } from 'croner';

/**
 * Cron expressions (protocol section 3): 5 fields, or 6-7 with leading seconds, in UTC.
 */

export function isCron(expression: string): boolean {
  const fields = expression.trim().split(/\s+/).length;
  if (fields < 5 || fields > 7) return false;
  try {
    return new Cron(expression, { timezone: 'UTC', paused: true }).nextRun(new Date(0)) !== null;
  } catch {
    return false;
  }
}

/** @returns the first occurrence strictly after `afterAt` (epoch ms), or null when there is none. */
export function nextOccurrence(expression: string, afterAt: number): number | null {
  return new Cron(expression, { timezone: 'UTC', paused: true }).nextRun(new Date(afterAt))?.getTime() ?? null;
}
