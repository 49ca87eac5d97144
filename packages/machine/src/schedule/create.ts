import { ok, type OperationOf } from '../operation.ts';
import type { ScheduleRow } from '../rows.ts';
import { readDefinition, refusedCron } from '../rules/definition.ts';
import { scheduleRecord } from '../rules/records.ts';

/** Idempotent by id, like a promise. */
export const scheduleCreate: OperationOf<'schedule.create'> = {
  needs: ({ id }, needs) => needs.schedule(id),

  run(ws, { id, ...data }, context) {
    const known = ws.schedules.get(id);
    // A wrong expression is refused whether the schedule exists or not. One without an occurrence in the future is not wrong: it
    // may have had one when the schedule was created, and this request repeats that.
    if (known) return refusedCron(data, context) ?? ok({ schedule: scheduleRecord(known) });
    const read = readDefinition(data, context);
    if ('refusal' in read) return read.refusal;
    const schedule: ScheduleRow = {
      id,
      ...read.definition,
      createdAt: context.now,
      nextRunAt: read.firstRunAt,
      lastRunAt: null,
      fault: null,
      pausedAt: null,
    };
    ws.schedules.put(schedule);
    return ok({ schedule: scheduleRecord(schedule) });
  },
};
