import { describe, expect, test } from '@jest/globals';
import { cronError, nextOccurrence } from './cron.ts';
import { MAX_CRON_LENGTH, weekdayHint, type CronDialect } from './cron-expression.ts';

/** A Thursday. */
const START = Date.UTC(2026, 0, 1);
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** The next runs, such as `Thu 2026-01-01 09:00:00`. */
function runs(cron: string, count: number, cronDialect?: CronDialect): string[] {
  const found: string[] = [];
  for (let at: number | null = START - 1; found.length < count;) {
    at = nextOccurrence({ cron, cronDialect }, at);
    if (at === null) break;
    const date = new Date(at);
    found.push(`${DAYS[date.getUTCDay()]} ${date.toISOString().slice(0, 19).replace('T', ' ')}`);
  }
  return found;
}

describe('resonate, as the documentation of the public server’s cron library describes it', () => {
  test.each([
    [
      'a weekday by number counts from Sunday, which is 1',
      '0 9 * * 2',
      ['Mon 2026-01-05 09:00:00', 'Mon 2026-01-12 09:00:00'],
    ],
    ['7 is Saturday', '0 9 * * 7', ['Sat 2026-01-03 09:00:00']],
    ['a range of numbers', '15 10 * * 1-5', ['Thu 2026-01-01 10:15:00', 'Sun 2026-01-04 10:15:00']],
    [
      'a range of names',
      '15 10 * * MON-FRI',
      ['Thu 2026-01-01 10:15:00', 'Fri 2026-01-02 10:15:00', 'Mon 2026-01-05 10:15:00'],
    ],
    [
      'a step through a range of names',
      '0 0 * * Mon-Fri/2',
      ['Fri 2026-01-02 00:00:00', 'Mon 2026-01-05 00:00:00', 'Wed 2026-01-07 00:00:00'],
    ],
    [
      'a step through all weekdays begins on Sunday',
      '0 0 * * */3',
      ['Sat 2026-01-03 00:00:00', 'Sun 2026-01-04 00:00:00', 'Wed 2026-01-07 00:00:00'],
    ],
    [
      'day of month and weekday must both match',
      '0 9 13 * FRI',
      ['Fri 2026-02-13 09:00:00', 'Fri 2026-03-13 09:00:00', 'Fri 2026-11-13 09:00:00'],
    ],
    ['a long name of a weekday', '0 9 * * Monday', ['Mon 2026-01-05 09:00:00']],
    ['other short names', '0 9 * * Tues,Thurs', ['Thu 2026-01-01 09:00:00', 'Tue 2026-01-06 09:00:00']],
    ['a long name of a month', '0 0 1 february *', ['Sun 2026-02-01 00:00:00', 'Mon 2027-02-01 00:00:00']],
    [
      'a number with a step continues to the end of the field',
      '5/15 0 * * *',
      [
        'Thu 2026-01-01 00:05:00',
        'Thu 2026-01-01 00:20:00',
        'Thu 2026-01-01 00:35:00',
        'Thu 2026-01-01 00:50:00',
        'Fri 2026-01-02 00:05:00',
      ],
    ],
    ['0/15', '0/15 * * * *', ['Thu 2026-01-01 00:00:00', 'Thu 2026-01-01 00:15:00']],
    [
      'a step larger than the field means its first value',
      '*/61 * * * *',
      ['Thu 2026-01-01 00:00:00', 'Thu 2026-01-01 01:00:00'],
    ],
    ['? in day of month and weekday', '0 0 ? * ?', ['Thu 2026-01-01 00:00:00', 'Fri 2026-01-02 00:00:00']],
    ['seconds come first', '30 * * * * *', ['Thu 2026-01-01 00:00:30']],
    ['years come last, with a step', '0 0 0 1 1 * 2027/2', ['Fri 2027-01-01 00:00:00', 'Mon 2029-01-01 00:00:00']],
    [
      'several kinds in one field',
      '0-4/2,30 0 * * *',
      ['Thu 2026-01-01 00:00:00', 'Thu 2026-01-01 00:02:00', 'Thu 2026-01-01 00:04:00', 'Thu 2026-01-01 00:30:00'],
    ],
    ['@yearly', '@yearly', ['Thu 2026-01-01 00:00:00', 'Fri 2027-01-01 00:00:00']],
    ['@monthly', '@monthly', ['Thu 2026-01-01 00:00:00', 'Sun 2026-02-01 00:00:00']],
    ['@weekly', '@weekly', ['Sun 2026-01-04 00:00:00', 'Sun 2026-01-11 00:00:00']],
    ['@daily', ' @daily ', ['Thu 2026-01-01 00:00:00', 'Fri 2026-01-02 00:00:00']],
    ['@hourly', '@hourly', ['Thu 2026-01-01 00:00:00', 'Thu 2026-01-01 01:00:00']],
  ])('%s: %s', (_, cron, expected) => {
    expect(runs(cron, expected.length)).toEqual(expected);
  });

  test.each([
    ['0 9 * * 0', /"0" as day of week, which goes from 1 to 7 \(1 is Sunday/],
    ['0 9 * * 8', /day of week/],
    ['0 9 * * FRI-MON', /day of week/],
    ['0 9 * * MON/2', /day of week/],
    ['0 9 * * BEAR', /day of week/],
    ['0 9 L * *', /day of month/],
    ['0 9 * * MON#1', /day of week/],
    ['60 * * * *', /minute, which goes from 0 to 59/],
    ['*/0 * * * *', /minute/],
    ['? * * * *', /minute/],
    [', * * * *', /minute/],
    ['* * * * * * * *', /5 fields/],
    ['@reboot', /5 fields/],
    ['0 0 30 2 *', /never occurs/],
    [`${'0-59,'.repeat(400_000)} * * * *`, /longer than 256 characters/],
  ])('refuses %.40s', (cron, error) => {
    expect(cronError(cron)).toMatch(error);
  });
});

describe('unix', () => {
  test.each([
    ['0 9 * * 2', ['Tue 2026-01-06 09:00:00']],
    ['0 9 * * 0', ['Sun 2026-01-04 09:00:00']],
    ['0 9 * * 7', ['Sun 2026-01-04 09:00:00']],
    ['0 9 13 * FRI', ['Fri 2026-01-02 09:00:00', 'Fri 2026-01-09 09:00:00', 'Tue 2026-01-13 09:00:00']],
    ['0 9 L * *', ['Sat 2026-01-31 09:00:00']],
    ['@daily', ['Thu 2026-01-01 00:00:00', 'Fri 2026-01-02 00:00:00']],
  ])('%s', (cron, expected) => {
    expect(runs(cron, expected.length, 'unix')).toEqual(expected);
  });
});

test.each([
  ['0 0 29 2 SUN', 'resonate', true],
  ['0 0 0 29 2 SUN 2049-2059', 'resonate', false],
  ['0 0 0 29 2 SUN 2049-2060', 'resonate', true],
  ['0 0 0 29 2 * 2027-2039/4', 'resonate', false],
  ['0 0 0 1 1 * 1960', 'unix', false],
  ['* * * 31 4,6,9,11,2 MON 1970-9999', 'resonate', false],
  // The nearest weekday to a day of the first two weeks is never a fifth Monday.
  [`0 0 0 ${Array.from({ length: 14 }, (_, day) => `${day + 1}W`).join()} * +MON#5 1970-9999`, 'unix', false],
] as const)('%s (%s) occurs: %s, found without a search of all years', (cron, dialect, does) => {
  const startedAt = performance.now();
  expect(cronError(cron, dialect)).toBe(does ? null : 'never occurs');
  // Searching all years took 14 s for the last one.
  expect(performance.now() - startedAt).toBeLessThan(1_000);
});

test('an expression that names every minute is within the length limit', () => {
  const minutes = Array.from({ length: 60 }, (_, minute) => minute).join(',');
  expect(cronError(`${minutes} * * * *`)).toBeNull();
  expect(`${minutes} * * * *`.length).toBeLessThan(MAX_CRON_LENGTH);
});

test('the hint names the day for a weekday that is written as a number', () => {
  expect(weekdayHint('0 9 * * 2')).toMatch(/^Day of week 2 is MON/);
  expect(weekdayHint('0 9 * * 2', 'unix')).toMatch(/^Day of week 2 is TUE/);
  expect(weekdayHint('0 0 9 * * MON,7')).toMatch(/^Day of week 7 is SAT/);
  expect(['0 9 * * MON', '0 9 * * */2', '@daily', 'x'].map((cron) => weekdayHint(cron))).toEqual([
    null,
    null,
    null,
    null,
  ]);
});
