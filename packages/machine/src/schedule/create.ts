import { cronFault, nextOccurrence, PUBLIC_TEXT } from '@resonate/protocol';
import { fail, ok, type OperationOf } from '../operation.ts';
import type { ScheduleRow } from '../rows.ts';
import { scheduleRecord } from '../rules/records.ts';

/** Idempotent by id, like a promise. */
export const scheduleCreate: OperationOf<'schedule.create'> = {
  needs: ({ id }, needs) => needs.schedule(id),

  run(ws, data, { now, cronDialect: usual = 'resonate' }) {
    const known = ws.schedules.get(data.id);
    if (known) return ok({ schedule: scheduleRecord(known) });
    const cronDialect = data.cronDialect ?? usual;
    const fault = cronFault(data.cron, cronDialect);
    if (fault) return fail(400, `${PUBLIC_TEXT.cron}: it ${fault}`);
    const nextRunAt = nextOccurrence({ ...data, cronDialect }, now);
    if (nextRunAt === null) return fail(400, `${PUBLIC_TEXT.cron}: it has no occurrence in the future`);
    const schedule: ScheduleRow = {
      ...data,
      createdAt: now,
      nextRunAt,
      lastRunAt: null,
      timezone: data.timezone ?? null,
      overlap: data.overlap ?? null,
      catchUp: data.catchUp ?? null,
      cronDialect: cronDialect === 'resonate' ? null : cronDialect,
      fault: null,
      pausedAt: null,
    };
    ws.schedules.put(schedule);
    return ok({ schedule: scheduleRecord(schedule) });
  },
};
