import { describe, expect, test } from '@jest/globals';
import { cronError, lastOccurrence, nextOccurrence, type Recurrence } from './cron.ts';
import { isTimezone } from './timezone.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const utc = (text: string): number => Date.parse(`${text}Z`);
const said = (at: number): string => new Date(at).toISOString().slice(0, 16);

function occurrences(recurrence: Recurrence, after: number, until: number): string[] {
  const found: string[] = [];
  for (let at = nextOccurrence(recurrence, after); at !== null && at <= until; at = nextOccurrence(recurrence, at)) {
    found.push(said(at));
  }
  return found;
}

describe('a change of the clock, rules that name hours', () => {
  test.each([
    // The clock jumps from 02:00 to 03:00 at 01:00 UTC.
    ['Europe/Berlin', '30 2 * * *', '2026-03-28T12:00', ['2026-03-29T01:00', '2026-03-30T00:30']],
    // The clock jumps from 02:00 to 03:00 at 07:00 UTC.
    ['America/New_York', '30 2 * * *', '2026-03-07T12:00', ['2026-03-08T07:00', '2026-03-09T06:30']],
    // The clock jumps from 02:00 to 02:30 at 15:30 UTC.
    ['Australia/Lord_Howe', '15 2 * * *', '2026-10-03T00:00', ['2026-10-03T15:30', '2026-10-04T15:15']],
    ['Asia/Kolkata', '30 2 * * *', '2026-03-28T12:00', ['2026-03-28T21:00', '2026-03-29T21:00']],
  ])('in %s: %s, whose time is skipped, runs once, when the clock jumps', (timezone, cron, after, expected) => {
    expect(occurrences({ cron, timezone }, utc(after), utc(after) + 48 * HOUR)).toEqual(expected);
  });

  test.each([
    // The clock goes from 03:00 back to 02:00 at 01:00 UTC.
    ['Europe/Berlin', '30 2 * * *', '2026-10-24T12:00', ['2026-10-25T00:30', '2026-10-26T01:30']],
    // The clock goes from 02:00 back to 01:00 at 06:00 UTC.
    ['America/New_York', '30 1 * * *', '2026-10-31T12:00', ['2026-11-01T05:30', '2026-11-02T06:30']],
    // The clock goes from 02:00 back to 01:30 at 15:00 UTC.
    ['Australia/Lord_Howe', '45 1 * * *', '2026-04-04T00:00', ['2026-04-04T14:45', '2026-04-05T15:15']],
    ['Asia/Kolkata', '30 1 * * *', '2026-10-24T12:00', ['2026-10-24T20:00', '2026-10-25T20:00']],
  ])('in %s: %s, whose time is shown twice, runs only the first time', (timezone, cron, after, expected) => {
    expect(occurrences({ cron, timezone }, utc(after), utc(after) + 48 * HOUR)).toEqual(expected);
  });

  test('several skipped times run as one when the clock jumps', () => {
    const leap = { cron: '0,15,30 2,3 * * *', timezone: 'Europe/Berlin' };
    const expected = ['2026-03-29T01:00', '2026-03-29T01:15', '2026-03-29T01:30'];
    expect(occurrences(leap, utc('2026-03-29T00:00'), utc('2026-03-29T12:00'))).toEqual(expected);
  });

  test('a request during the second pass of an hour does not find runs of the first pass', () => {
    const rule = { cron: '*/20 2 * * *', timezone: 'Europe/Berlin' };
    expect(said(nextOccurrence(rule, utc('2026-10-25T01:10')) ?? 0)).toBe('2026-10-26T01:00');
    expect(said(nextOccurrence({ ...rule, cron: '0 3 * * *' }, utc('2026-10-25T01:10')) ?? 0)).toBe('2026-10-25T02:00');
  });

  test('a rule for every other hour neither runs twice nor runs extra when the clock jumps', () => {
    const rule = { cron: '0 */2 * * *', timezone: 'Europe/Berlin' };
    const spring = ['2026-03-28T23:00', '2026-03-29T01:00', '2026-03-29T02:00', '2026-03-29T04:00'];
    expect(occurrences(rule, utc('2026-03-28T22:00'), utc('2026-03-29T05:00'))).toEqual(spring);
    const autumn = ['2026-10-24T22:00', '2026-10-25T00:00', '2026-10-25T03:00', '2026-10-25T05:00'];
    expect(occurrences(rule, utc('2026-10-24T21:00'), utc('2026-10-25T05:00'))).toEqual(autumn);
  });
});

describe('a change of the clock, rules for every hour', () => {
  test.each([
    ['Europe/Berlin', '2026-03-28T22:00'],
    ['Europe/Berlin', '2026-10-24T22:00'],
    ['America/New_York', '2026-03-08T04:00'],
    ['America/New_York', '2026-11-01T03:00'],
  ])('in %s from %s on they run once an hour, as on any other day', (timezone, start) => {
    for (const cron of ['30 * * * *', '30 0-23 * * *', '0 30 */1 * * *']) {
      const times = occurrences({ cron, timezone }, utc(start), utc(start) + 8 * HOUR).map(utc);
      expect(times).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((hour) => utc(start) + hour * HOUR + 30 * MINUTE));
    }
  });
});

describe('compared with a clock that is read every minute', () => {
  // Besides ordinary changes: a change by half an hour, a winter time that is defined as negative daylight saving time
  // (Dublin), an hour for Ramadan, and a whole skipped day.
  const CHANGES = [
    ['Europe/Berlin', '2026-03-29T01:00'],
    ['Europe/Berlin', '2026-10-25T01:00'],
    ['America/New_York', '2026-03-08T07:00'],
    ['America/New_York', '2026-11-01T06:00'],
    ['Australia/Lord_Howe', '2026-04-04T15:00'],
    ['Australia/Lord_Howe', '2026-10-03T15:30'],
    ['Africa/Casablanca', '2026-02-15T02:00'],
    ['Africa/Casablanca', '2026-03-22T02:00'],
    ['Europe/Dublin', '2026-10-25T01:00'],
    ['America/St_Johns', '2010-03-14T03:31'],
    ['Pacific/Apia', '2011-12-30T10:00'],
    ['Asia/Kolkata', '2026-03-29T01:00'],
  ] as const;
  const CRONS = [
    '30 2 * * *',
    '0 0 * * *',
    '*/20 1-3 * * *',
    '15 */2 * * *',
    '10,40 * * * *',
    '0 2 * * 1',
    '5 12 30 * *',
  ];

  test.each(CHANGES)('%s, %s', (timezone, changeAt) => {
    const [from, until] = [utc(changeAt) - 36 * HOUR, utc(changeAt) + 36 * HOUR];
    for (const cron of CRONS) {
      expect({ cron, at: occurrences({ cron, timezone }, from, until) }).toEqual({
        cron,
        at: watch(cron, timezone, from, until),
      });
    }
  });

  test.each(CHANGES)('%s, %s, requested at any time', (timezone, changeAt) => {
    for (const cron of ['*/20 1-3 * * *', '10,40 * * * *']) {
      const watched = watch(cron, timezone, utc(changeAt) - 3 * HOUR, utc(changeAt) + 72 * HOUR).map(utc);
      for (let at = utc(changeAt) - 2 * HOUR; at < utc(changeAt) + 2 * HOUR; at += 7 * MINUTE) {
        const expected = watched.find((occurrence) => occurrence > at);
        expect({ cron, at, next: nextOccurrence({ cron, timezone }, at) }).toEqual({ cron, at, next: expected });
      }
    }
  });

  /** The reference: looks at the zone's clock every minute and returns the minutes at which the rule must run. */
  function watch(cron: string, timezone: string, after: number, until: number): string[] {
    const [minutes = '', hours = '', days = '', , weekdays = ''] = cron.split(' ');
    const fits = (shown: Date) =>
      matches(minutes, shown.getUTCMinutes()) &&
      matches(hours, shown.getUTCHours()) &&
      matches(days, shown.getUTCDate()) &&
      matches(weekdays, shown.getUTCDay() + 1);
    const clock = new Intl.DateTimeFormat('sv', { timeZone: timezone, dateStyle: 'short', timeStyle: 'medium' });
    const shownAt = (at: number) => Date.parse(`${clock.format(at).replace(' ', 'T')}Z`);
    const found: string[] = [];
    let highest = shownAt(after - 24 * HOUR);
    for (let at = after - 24 * HOUR + MINUTE; at <= until; at += MINUTE) {
      const shown = shownAt(at);
      let comes = hours === '*' && fits(new Date(shown));
      for (; hours !== '*' && highest < shown; highest += MINUTE) comes ||= fits(new Date(highest + MINUTE));
      if (comes && at > after) found.push(said(at));
    }
    return found;
  }

  function matches(field: string, value: number): boolean {
    return field.split(',').some((part) => {
      const [range = '', step = '1'] = part.split('/');
      const [first = 0, last = first] = range === '*' ? [0, 59] : range.split('-').map(Number);
      return value >= first && value <= last && (value - first) % Number(step) === 0;
    });
  }
});

describe('the last occurrence up to now', () => {
  test.each([undefined, 'Europe/Berlin'])('is the last one of all occurrences (%s)', (timezone) => {
    for (const cron of ['*/7 * * * * *', '13 * * * *', '* 3 * * *', '0 4 * * 1']) {
      const recurrence = { cron, timezone: timezone ?? null };
      for (const [from, now] of [
        ['2026-10-25T00:10:03', '2026-10-25T02:20:59'],
        ['2026-03-29T00:40:00', '2026-03-29T01:00:00'],
      ].map((pair) => pair.map(utc)) as [number, number][]) {
        let last: number | null = null;
        for (let at = nextOccurrence(recurrence, from); at !== null && at <= now;) {
          last = at;
          at = nextOccurrence(recurrence, at);
        }
        expect({ cron, last: lastOccurrence(recurrence, from, now) }).toEqual({ cron, last });
      }
    }
  });

  test('of a rule for every second is found quickly, even years later', () => {
    const now = utc('2036-01-01T00:00:00') + 999;
    expect(lastOccurrence({ cron: '* * * * * *' }, utc('2026-01-01T00:00'), now)).toBe(now - 999);
    expect(lastOccurrence({ cron: '0 0 1 1 *' }, now, now + HOUR)).toBeNull();
  });
});

test('names of the IANA database are time zones, offsets and anything else are not', () => {
  const names = [
    'UTC',
    'Europe/Berlin',
    'europe/berlin',
    'Etc/GMT+5',
    'US/Eastern',
    '+02:00',
    '',
    'Mars/Base',
    'UTC\n',
  ];
  expect(names.filter(isTimezone)).toEqual(['UTC', 'Europe/Berlin', 'europe/berlin', 'Etc/GMT+5', 'US/Eastern']);
});

test('nothing occurs after the year 9999', () => {
  for (const at of [Date.UTC(10_000, 0), 8.64e15, Number.MAX_SAFE_INTEGER]) {
    for (const cron of ['0 * * * *', '0 3 * * *']) {
      expect(nextOccurrence({ cron }, at)).toBeNull();
      expect(nextOccurrence({ cron, timezone: 'Europe/Berlin' }, at)).toBeNull();
    }
  }
});

test('an expression must have 5 to 7 fields and occur at least once', () => {
  const expressions = [
    '* * * * *',
    '* * * * * *',
    '0 0 1 1 * * 2099',
    '* * * *',
    '0 0 30 2 *',
    'every day here at noon',
  ];
  expect(expressions.filter((cron) => cronError(cron) === null)).toEqual(expressions.slice(0, 3));
});
