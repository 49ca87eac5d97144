import { ok, SCHEDULE_NOT_FOUND, type OperationOf } from '../operation.ts';
import { scheduleRecord } from '../rules/records.ts';

export const scheduleGet: OperationOf<'schedule.get'> = {
  needs: ({ id }, needs) => needs.schedule(id),

  run(ws, { id }) {
    const schedule = ws.schedules.get(id);
    return schedule ? ok({ schedule: scheduleRecord(schedule) }) : SCHEDULE_NOT_FOUND;
  },
};
