import { ok, type Operation } from '../operation.ts';

/** Why an occurrence of a schedule could not be fired. */
export interface ScheduleFault {
  id: string;
  at: number;
  fault: string;
}

/** Stores the fault in the schedule, where operators see it, but only if the occurrence is still the next one. */
export const scheduleFault: Operation<ScheduleFault> = {
  needs: ({ id }, needs) => needs.schedule(id),

  run(ws, { id, at, fault }) {
    const schedule = ws.schedules.get(id);
    if (schedule?.nextRunAt === at && schedule.fault !== fault) ws.schedules.put({ ...schedule, fault });
    return ok({});
  },
};
