import cronstrue from 'cronstrue';

/** The `cronDialect` of a schedule record; `resonate` if absent. */
export type CronDialect = 'resonate' | 'unix';

const LARGEST_STEP = 59;

/**
 * "At 09:00, only on Monday"; null if the expression cannot be described. In `resonate` weekday 1 is Sunday, and a day must
 * match both day of month and weekday.
 */
export function inWords(cron: string, dialect: CronDialect = 'resonate'): string | null {
  // A step that is larger than its field matches once. cronstrue would say "every 61 minutes".
  const steps = [...cron.matchAll(/\/(\d+)/g)].map(([, step]) => Number(step));
  if (steps.some((step) => step > LARGEST_STEP)) return null;
  const isResonate = dialect === 'resonate';
  try {
    return cronstrue.toString(cron, {
      use24HourTimeFormat: true,
      verbose: false,
      dayOfWeekStartIndexZero: !isResonate,
      logicalAndDayFields: isResonate,
    });
  } catch {
    return null;
  }
}
