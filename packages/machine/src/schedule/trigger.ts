import { fail, ok, SCHEDULE_NOT_FOUND, type OperationOf } from '../operation.ts';
import { promiseRecord, scheduleRecord } from '../rules/records.ts';
import { startRun } from '../rules/run.ts';

/** A run now, beside the occurrences, also of a paused schedule. */
export const scheduleTrigger: OperationOf<'schedule.trigger'> = {
  needs: ({ id }, needs) => needs.schedule(id),

  run(ws, { id }, { now }) {
    const schedule = ws.schedules.get(id);
    if (!schedule) return SCHEDULE_NOT_FOUND;
    const promise = startRun(ws, schedule, now, now);
    if (!promise) return fail(409, 'The last run is still pending, and the schedule skips runs that overlap');
    const triggered = { ...schedule, lastRunAt: now };
    ws.schedules.put(triggered);
    return ok({ schedule: scheduleRecord(triggered), promise: promiseRecord(promise, now) });
  },
};
