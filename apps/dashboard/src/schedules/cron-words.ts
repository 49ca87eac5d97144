import cronstrue from 'cronstrue';

/** The `cronDialect` of a schedule record; `resonate` if absent. */
export type CronDialect = 'resonate' | 'unix';

/** Second, minute, hour, day of month, month, day of week, year. With a larger step only the first value matches. */
const LARGEST_STEPS = [59, 59, 23, 30, 11, 6, 8_029];

/**
 * "At 09:00, only on Monday"; null if the expression cannot be described. In `resonate` weekday 1 is Sunday, and a day must
 * match both day of month and weekday.
 */
export function inWords(cron: string, dialect: CronDialect = 'resonate'): string | null {
  // cronstrue would say "every 30 hours".
  if (hasTooLargeStep(cron)) return null;
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

function hasTooLargeStep(cron: string): boolean {
  const fields = cron.trim().split(/\s+/);
  const largest = fields.length === 5 ? LARGEST_STEPS.slice(1) : LARGEST_STEPS;
  return fields.some((field, index) =>
    [...field.matchAll(/\/(\d+)/g)].some(([, step]) => Number(step) > (largest[index] ?? Infinity)),
  );
}
