import { MAX_TIME } from '@resonate/protocol';
import { ok, SCHEDULE_NOT_FOUND, type OperationOf } from '../operation.ts';
import { scheduleRecord } from '../rules/records.ts';

/** No occurrence after now fires until the schedule is resumed. One that is already due still fires. */
export const schedulePause: OperationOf<'schedule.pause'> = {
  needs: ({ id }, needs) => needs.schedule(id),

  run(ws, { id }, { now }) {
    const schedule = ws.schedules.get(id);
    if (!schedule) return SCHEDULE_NOT_FOUND;
    if (schedule.pausedAt !== null) return ok({ schedule: scheduleRecord(schedule) });
    const nextRunAt = schedule.nextRunAt > now ? MAX_TIME : schedule.nextRunAt;
    const paused = { ...schedule, pausedAt: now, nextRunAt };
    ws.schedules.put(paused);
    return ok({ schedule: scheduleRecord(paused) });
  },
};
