import { Cron } from 'croner';
import { findShift, offsetAt } from './timezone.ts';

/**
 * Cron expressions (protocol section 3): 5 fields, or 6-7 with leading seconds; in UTC, or in the time zone of the
 * schedule.
 *
 * Where a zone's clock is changed, cron(8) and Debian's cron tell two sorts of jobs apart, and so does this. A rule that
 * names hours goes by the clock: a time that the clock leaps over comes at the leap, one that it shows twice comes once,
 * the first time. A rule for every hour goes by time: it comes whenever the clock shows it, so neither pauses nor hurries.
 */
export interface Recurrence {
  cron: string;
  /** IANA name; UTC when absent. */
  timezone?: string | null | undefined;
}

const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;
/** Expressions know years up to 9999. */
const END_OF_YEARS = Date.UTC(10_000, 0) - 2 * DAY_MS;
const EVERY_HOUR = /^(?:[*?]|0-23)(?:\/1)?$/;

export function isCron(expression: string): boolean {
  const { length } = fieldsOf(expression);
  if (length < 5 || length > 7) return false;
  try {
    return inUtc(expression, 0) !== null;
  } catch {
    return false;
  }
}

/** @returns the first occurrence strictly after `afterAt` (epoch ms), or null when there is none. */
export function nextOccurrence({ cron, timezone }: Recurrence, afterAt: number): number | null {
  if (afterAt >= END_OF_YEARS) return null;
  if (timezone === undefined || timezone === null) return inUtc(cron, afterAt);
  return goesByTime(cron) ? nextRun(cron, timezone, afterAt) : nextByTheClock(cron, timezone, afterAt);
}

/** @returns the last occurrence after `afterAt` that is not after `now`, or null when there is none. */
export function lastOccurrence(recurrence: Recurrence, afterAt: number, now: number): number | null {
  const isDueAfter = (at: number) => (nextOccurrence(recurrence, at) ?? Infinity) <= now;
  if (!isDueAfter(afterAt)) return null;
  // Halves what may hold the last one, down to a second, which holds one at most.
  let [after, notAfter] = [afterAt, now];
  while (notAfter - after > SECOND_MS) {
    const middle = Math.floor((after + notAfter) / 2);
    if (isDueAfter(middle)) after = middle;
    else notAfter = middle;
  }
  return nextOccurrence(recurrence, after);
}

/**
 * The clock of the zone is read as if it were UTC's. An occurrence comes the first time that the clock shows its time, or
 * a later one.
 */
function nextByTheClock(cron: string, timezone: string, afterAt: number): number | null {
  const shown = inUtc(cron, latestShown(timezone, afterAt));
  return shown === null ? null : firstShownAt(timezone, shown);
}

/** The latest time that the zone's clock has shown up to `at`: in an hour that it repeats, the end of the first pass. */
function latestShown(timezone: string, at: number): number {
  const before = offsetAt(timezone, at - DAY_MS);
  const offset = offsetAt(timezone, at);
  if (before <= offset) return at + offset;
  return Math.max(at + offset, findShift(timezone, at - DAY_MS, at) + before - 1);
}

/** When the zone's clock first shows `shown` or a later time. */
function firstShownAt(timezone: string, shown: number): number {
  const before = offsetAt(timezone, shown - DAY_MS);
  const after = offsetAt(timezone, shown + DAY_MS);
  if (offsetAt(timezone, shown - before) === before) return shown - before;
  if (offsetAt(timezone, shown - after) === after) return shown - after;
  return findShift(timezone, shown - after, shown - before);
}

function goesByTime(cron: string): boolean {
  const fields = fieldsOf(cron);
  return EVERY_HOUR.test(fields[fields.length === 5 ? 1 : 2] ?? '');
}

function fieldsOf(expression: string): string[] {
  return expression.trim().split(/\s+/);
}

function inUtc(cron: string, afterAt: number): number | null {
  return nextRun(cron, 'UTC', afterAt);
}

function nextRun(cron: string, timezone: string, afterAt: number): number | null {
  return new Cron(cron, { timezone, paused: true }).nextRun(new Date(afterAt))?.getTime() ?? null;
}
