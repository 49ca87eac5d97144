import type { ScheduleWhy } from '@resonate/admin';
import type { ScheduleRecord } from '@resonate/protocol';
import { LATE_MS, type Facts } from './facts.ts';
import { hasLeader, timersLate } from './timers-late.ts';
import { commandFor, instant, instantFrom, isNever } from './words.ts';

/** Explains when a schedule runs next, or why it does not run. A pure function. */
export function scheduleWhy(schedule: ScheduleRecord, facts: Pick<Facts, 'now' | 'processes'>): ScheduleWhy {
  const { id, nextRunAt, lastRunAt, pausedAt, fault } = schedule;
  const { now } = facts;
  const base = { now, id };
  if (pausedAt !== undefined) {
    return {
      ...base,
      cause: 'schedule_paused',
      sentence: `It is paused since ${instantFrom(pausedAt, now)}.`,
      action: 'Resume it.',
      command: commandFor('schedules resume', id),
      needsAction: true,
      since: pausedAt,
    };
  }
  if (fault !== undefined) {
    return {
      ...base,
      cause: 'schedule_fails',
      sentence: `Its run of ${instant(nextRunAt)} cannot be created: ${fault}. The server tries again.`,
      action: 'Correct its promise id, tags or param.',
      command: commandFor('schedules update', id),
      needsAction: true,
      error: fault,
      since: nextRunAt,
    };
  }
  if (!isNever(nextRunAt) && (nextRunAt <= now - LATE_MS || !hasLeader(facts))) {
    return { ...base, ...timersLate(`Its next run is at ${instant(nextRunAt)}`, facts, nextRunAt) };
  }
  const last = lastRunAt === undefined ? 'It has not run yet' : `It last ran at ${instantFrom(lastRunAt, now)}`;
  const next = isNever(nextRunAt) ? 'has no further run' : `runs next at ${instantFrom(nextRunAt, now)}`;
  return {
    ...base,
    cause: 'schedule_waits',
    sentence: `${last}, and ${next}.`,
    action: 'There is nothing to do. To start a run now, trigger it.',
    command: commandFor('schedules trigger', id),
    needsAction: false,
    ...(!isNever(nextRunAt) && { until: nextRunAt }),
  };
}
