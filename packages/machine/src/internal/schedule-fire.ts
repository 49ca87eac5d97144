import { lastOccurrence } from '@resonate/protocol';
import type { Needs } from '../needs.ts';
import { ok, type Operation } from '../operation.ts';
import type { ScheduleRow } from '../rows.ts';
import { lastRunId, nextRunAfter, occurrencePromiseId, startRun } from '../rules/run.ts';

/** Later than this an occurrence has been missed: longer than it takes another scheduler to take over. */
const MISSED_AFTER_MS = 60_000;

/** One occurrence of a schedule, as the scheduler read it. */
export interface Occurrence {
  id: string;
  at: number;
  /** The promises it makes and goes by, most probably: their rows are loaded before the schedule's is. */
  promiseId: string;
  lastRunId: string | null;
}

/** The next occurrence of a schedule. */
export function occurrenceOf(schedule: ScheduleRow): Occurrence {
  const { id, nextRunAt: at } = schedule;
  return { id, at, promiseId: occurrencePromiseId(schedule, at), lastRunId: lastRunId(schedule) };
}

/**
 * Fires one occurrence (protocol section 5). Only when it still is the schedule's next one and has come: so each
 * occurrence makes exactly one promise, whoever else tries. Those that came after it and are passed over with it, as the
 * catch-up policy says, are done with in the same step.
 */
export const scheduleFire: Operation<Occurrence> = {
  needs({ id, promiseId, lastRunId: lastId }: Occurrence, needs: Needs) {
    needs.schedule(id);
    needs.promise(promiseId);
    if (lastId !== null) needs.settlement(lastId);
  },

  run(ws, { id, at }, { now }) {
    const schedule = ws.schedules.get(id);
    if (!schedule || schedule.nextRunAt !== at || now < at) return ok({ fired: false });
    const runAt = latestToRun(schedule, now);
    const isMissed = schedule.catchUp === 'none' && now - runAt > MISSED_AFTER_MS;
    const promise = isMissed ? null : startRun(ws, schedule, runAt, now);
    const lastRunAt = promise ? runAt : schedule.lastRunAt;
    ws.schedules.put({ ...schedule, lastRunAt, nextRunAt: nextRunAfter(schedule, runAt) });
    return ok({ fired: promise !== null });
  },
};

/** The occurrence that comes now: the next one, or the last of all that are due. */
function latestToRun(schedule: ScheduleRow, now: number): number {
  const { nextRunAt, catchUp, pausedAt } = schedule;
  if (catchUp === null || catchUp === 'all') return nextRunAt;
  return lastOccurrence(schedule, nextRunAt, Math.min(now, pausedAt ?? now)) ?? nextRunAt;
}
