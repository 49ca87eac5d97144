import { fail, ok, SCHEDULE_NOT_FOUND, type OperationOf } from '../operation.ts';
import { promiseRecord, scheduleRecord } from '../rules/records.ts';
import { startRun } from '../rules/run.ts';

/** Starts a run now, in addition to the scheduled ones; also while the schedule is paused. */
export const scheduleTrigger: OperationOf<'schedule.trigger'> = {
  needs: ({ id }, needs) => needs.schedule(id),

  run(ws, { id }, { now, instantAt = now }) {
    const schedule = ws.schedules.get(id);
    if (!schedule) return SCHEDULE_NOT_FOUND;
    const promise = startRun(ws, schedule, { at: instantAt, instantAt, now });
    if (!promise) return fail(409, 'The last run is still pending, and the schedule skips runs that overlap');
    const triggered = { ...schedule, lastRunAt: instantAt };
    ws.schedules.put(triggered);
    return ok({ schedule: scheduleRecord(triggered), promise: promiseRecord(promise, now) });
  },
};
