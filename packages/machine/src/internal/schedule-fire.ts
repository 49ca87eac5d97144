import { lastOccurrence } from '@resonate/protocol';
import type { Needs } from '../needs.ts';
import { ok, type Operation } from '../operation.ts';
import type { ScheduleRow } from '../rows.ts';
import { lastRunId, nextRunAfter, occurrencePromiseId, startRun } from '../rules/run.ts';

/** An occurrence that is late by more than this counts as missed. A failover to another scheduler takes less time. */
const MISSED_AFTER_MS = 60_000;

/** One occurrence of a schedule, as the scheduler read it. */
export interface Occurrence {
  id: string;
  at: number;
  /** The promises that it probably creates and depends on. Their rows are loaded together with the schedule's. */
  promiseId: string;
  lastRunId: string | null;
}

/** What is known of a schedule that is due. Its param may have megabytes, and is read only when it fires. */
export type DueSchedule = Pick<ScheduleRow, 'id' | 'promiseId' | 'nextRunAt' | 'lastRunAt' | 'overlap'>;

/** The next occurrence of a schedule. */
export function occurrenceOf(schedule: DueSchedule): Occurrence {
  const { id, nextRunAt: at } = schedule;
  return { id, at, promiseId: occurrencePromiseId(schedule, at), lastRunId: lastRunId(schedule) };
}

/**
 * Fires one occurrence (protocol section 5), but only if it is due and still the schedule's next one. So each occurrence
 * creates at most one promise, even if several processes fire it. Later occurrences that the catch-up policy skips are
 * skipped in the same step.
 */
export const scheduleFire: Operation<Occurrence> = {
  needs({ id, promiseId, lastRunId: lastId }: Occurrence, needs: Needs) {
    needs.schedule(id);
    needs.promise(promiseId);
    if (lastId !== null) needs.settlement(lastId);
  },

  run(ws, { id, at }, { now, instantAt = now }) {
    const schedule = ws.schedules.get(id);
    if (!schedule || schedule.nextRunAt !== at || now < at) return ok({ fired: false });
    const runAt = latestToRun(schedule, instantAt);
    const isMissed = schedule.catchUp === 'none' && now - runAt > MISSED_AFTER_MS;
    const promise = isMissed ? null : startRun(ws, schedule, { at: runAt, instantAt, now });
    const lastRunAt = promise ? runAt : schedule.lastRunAt;
    ws.schedules.put({ ...schedule, lastRunAt, fault: null, nextRunAt: nextRunAfter(schedule, runAt) });
    return ok({ fired: promise !== null });
  },
};

/** The occurrence that runs now: the next one, or the last of all that are due. */
function latestToRun(schedule: ScheduleRow, now: number): number {
  const { nextRunAt, catchUp, pausedAt } = schedule;
  if (catchUp === null || catchUp === 'all') return nextRunAt;
  return lastOccurrence(schedule, nextRunAt, Math.min(now, pausedAt ?? now)) ?? nextRunAt;
}
