import { ok, SCHEDULE_NOT_FOUND, type OperationOf } from '../operation.ts';

export const scheduleDelete: OperationOf<'schedule.delete'> = {
  needs: ({ id }, needs) => needs.schedule(id),

  run(ws, { id }) {
    if (!ws.schedules.get(id)) return SCHEDULE_NOT_FOUND;
    ws.schedules.remove(id);
    return ok({});
  },
};
