import { ok, SCHEDULE_NOT_FOUND, type OperationOf } from '../operation.ts';
import { scheduleRecord } from '../rules/records.ts';
import { nextRunAfter } from '../rules/run.ts';

/** Continues with the first occurrence after now. Occurrences from before the pause that have not fired yet still fire. */
export const scheduleResume: OperationOf<'schedule.resume'> = {
  needs: ({ id }, needs) => needs.schedule(id),

  run(ws, { id }, { now }) {
    const schedule = ws.schedules.get(id);
    if (!schedule) return SCHEDULE_NOT_FOUND;
    if (schedule.pausedAt === null) return ok({ schedule: scheduleRecord(schedule) });
    const resumed = { ...schedule, pausedAt: null };
    if (schedule.nextRunAt > schedule.pausedAt) resumed.nextRunAt = nextRunAfter(resumed, now);
    ws.schedules.put(resumed);
    return ok({ schedule: scheduleRecord(resumed) });
  },
};
