import { LRUCache } from 'lru-cache';
import type { Cron } from 'croner';
import { InvalidCron, cronFields, occurs, parseCron, type CronDialect } from './cron-expression.ts';
import { findShift, offsetAt } from './timezone.ts';

/**
 * Cron expressions (protocol section 3): 5 fields, or 6 to 7 with seconds first, in UTC or in the time zone of the
 * schedule. When a zone's clock changes, two kinds of rules behave differently, like in Vixie's and Debian's cron(8). A
 * rule that names hours follows the clock: a skipped time runs when the clock jumps forward, and a time that the clock
 * shows twice runs only the first time. A rule for every hour follows elapsed time: it runs whenever the clock shows
 * its time.
 */
export interface Recurrence {
  cron: string;
  /** `resonate` if absent. */
  cronDialect?: CronDialect | null | undefined;
  /** IANA name; UTC if absent. */
  timezone?: string | null | undefined;
}

const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;
/** Expressions support years up to 9999. */
const END_OF_YEARS = Date.UTC(10_000, 0) - 2 * DAY_MS;
const EVERY_HOUR = /^(?:[*?]|0-23)(?:\/1)?$/;
const HOUR_FIELD = 2;

/** @returns what is wrong with the expression, such as `must have 5 fields …`; null if it is valid. */
export function cronError(cron: string, cronDialect: CronDialect = 'resonate'): string | null {
  try {
    return occurs(cron, cronDialect) ? null : 'never occurs';
  } catch (error) {
    if (error instanceof InvalidCron) return error.message;
    throw error;
  }
}

/**
 * @returns the first occurrence after `afterAt` (epoch ms), or null if there is none.
 * @throws InvalidCron
 */
export function nextOccurrence(recurrence: Recurrence, afterAt: number): number | null {
  const { cron, timezone } = recurrence;
  if (afterAt >= END_OF_YEARS) return null;
  if (timezone === undefined || timezone === null) return nextRun(recurrence, 'UTC', afterAt);
  return runsEveryHour(cron) ? nextRun(recurrence, timezone, afterAt) : nextInWallClock(recurrence, timezone, afterAt);
}

/** @returns the last occurrence after `afterAt` and not after `now`, or null if there is none. */
export function lastOccurrence(recurrence: Recurrence, afterAt: number, now: number): number | null {
  const isDueAfter = (at: number) => (nextOccurrence(recurrence, at) ?? Infinity) <= now;
  if (!isDueAfter(afterAt)) return null;
  // Binary search: halve the interval that contains the last occurrence until it is one second. A second contains at
  // most one occurrence.
  let [after, notAfter] = [afterAt, now];
  while (notAfter - after > SECOND_MS) {
    const middle = Math.floor((after + notAfter) / 2);
    if (isDueAfter(middle)) after = middle;
    else notAfter = middle;
  }
  return nextOccurrence(recurrence, after);
}

/**
 * Finds the next occurrence in wall-clock time, as if the zone were UTC, then the instant at which the zone's clock
 * first shows that time or a later one.
 */
function nextInWallClock(recurrence: Recurrence, timezone: string, afterAt: number): number | null {
  const shown = nextRun(recurrence, 'UTC', latestShown(timezone, afterAt));
  return shown === null ? null : firstShownAt(timezone, shown);
}

/** The latest time that the zone's clock has shown until `at`. In a repeated hour: the end of its first pass. */
function latestShown(timezone: string, at: number): number {
  const before = offsetAt(timezone, at - DAY_MS);
  const offset = offsetAt(timezone, at);
  if (before <= offset) return at + offset;
  return Math.max(at + offset, findShift(timezone, at - DAY_MS, at) + before - 1);
}

/** The instant at which the zone's clock first shows `shown` or a later time. */
function firstShownAt(timezone: string, shown: number): number {
  const before = offsetAt(timezone, shown - DAY_MS);
  const after = offsetAt(timezone, shown + DAY_MS);
  if (offsetAt(timezone, shown - before) === before) return shown - before;
  if (offsetAt(timezone, shown - after) === after) return shown - after;
  return findShift(timezone, shown - after, shown - before);
}

function runsEveryHour(cron: string): boolean {
  return EVERY_HOUR.test(cronFields(cron)[HOUR_FIELD] ?? '');
}

/**
 * Parsed expressions are cached, because a scheduler uses the same expressions again and again. The cache is small: each
 * entry takes 70 kB, because croner has a list of all years, and parsing takes only 0.08 ms.
 */
const parsed = new LRUCache<string, Cron>({ max: 100 });

function nextRun({ cron, cronDialect }: Recurrence, timezone: string, afterAt: number): number | null {
  const dialect = cronDialect ?? 'resonate';
  const key = `${dialect} ${timezone} ${cron}`;
  let rule = parsed.get(key);
  if (!rule) {
    rule = parseCron(cron, dialect, timezone);
    parsed.set(key, rule);
  }
  return rule.nextRun(new Date(afterAt))?.getTime() ?? null;
}
