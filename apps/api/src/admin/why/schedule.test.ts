import { describe, expect, test } from '@jest/globals';
import { scheduleWhy } from './schedule.ts';
import { MINUTE, NEVER, NOW, process } from './why.fixture.ts';

describe('a schedule', () => {
  const schedule = {
    ...{ id: 's', cron: '@daily', promiseId: 's', promiseTimeout: 1, promiseParam: {}, promiseTags: {} },
    createdAt: 0,
    nextRunAt: NOW + MINUTE,
  };
  const of = (fields: object, leader = true) =>
    scheduleWhy({ ...schedule, ...fields }, { now: NOW, processes: [process({ leader })] });

  test('runs next, is paused, cannot run, or is late', () => {
    expect(of({ lastRunAt: NOW - MINUTE }).sentence).toBe(
      'It last ran at 2026-01-31 11:59:00 UTC (60 s ago), and runs next at 2026-01-31 12:01:00 UTC (in 60 s).',
    );
    expect(of({ nextRunAt: NEVER })).toMatchObject({ cause: 'schedule_waits', needsAction: false });
    expect(of({ pausedAt: NOW })).toMatchObject({ cause: 'schedule_paused', needsAction: true });
    expect(of({ fault: 'the id is too long' })).toMatchObject({ cause: 'schedule_fails', error: 'the id is too long' });
    expect(of({ nextRunAt: NOW - MINUTE })).toMatchObject({ cause: 'timers_late' });
    expect(of({}, false)).toMatchObject({ cause: 'timers_late', until: NOW + MINUTE });
  });
});
