import { ok, SCHEDULE_NOT_FOUND, type OperationOf } from '../operation.ts';
import { readDefinition } from '../rules/definition.ts';
import { scheduleRecord } from '../rules/records.ts';

/**
 * Replaces the definition and keeps the rest: when it was created and last ran, and whether it is paused. An occurrence
 * that is already due still fires, with the new definition.
 */
export const scheduleUpdate: OperationOf<'schedule.update'> = {
  needs: ({ id }, needs) => needs.schedule(id),

  run(ws, { id, ...data }, context) {
    const read = readDefinition(data, context);
    if ('refusal' in read) return read.refusal;
    const known = ws.schedules.get(id);
    if (!known) return SCHEDULE_NOT_FOUND;
    // While the schedule is paused, `nextRunAt` is either due already or "never", so keep it.
    const isNextRunKept = known.pausedAt !== null || known.nextRunAt <= context.now;
    const updated = { ...known, ...read.definition, ...(isNextRunKept ? {} : { nextRunAt: read.firstRunAt }) };
    ws.schedules.put(updated);
    return ok({ schedule: scheduleRecord(updated) });
  },
};
