import type { PromiseRecord, ScheduleRecord, TaskRecord } from '@resonate/protocol';
import type { PromiseRow, ScheduleRow, TaskRow } from '../rows.ts';
import { projectPromise, projectTask } from './expiry.ts';

/** Rows as the wire shows them, in the projected view (protocol sections 2 and 4). */

export function promiseRecord(row: PromiseRow, now: number): PromiseRecord {
  const { id, state, param, value, tags, timeoutAt, createdAt, settledAt } = projectPromise(row, now);
  const record: PromiseRecord = { id, state, param, value, tags, timeoutAt, createdAt };
  if (settledAt !== null) record.settledAt = settledAt;
  return record;
}

export function taskRecord(row: TaskRow, now: number): TaskRecord {
  const { id, state, version, resumes, ttl, pid } = projectTask(row, now);
  const record: TaskRecord = { id, state, version, resumes };
  if (ttl !== null) record.ttl = ttl;
  if (pid !== null) record.pid = pid;
  return record;
}

export function scheduleRecord(row: ScheduleRow): ScheduleRecord {
  const { lastRunAt, timezone, overlap, catchUp, cronDialect, fault, pausedAt, ...record }: ScheduleRow = row;
  return {
    ...record,
    ...(lastRunAt !== null && { lastRunAt }),
    ...(timezone !== null && { timezone }),
    ...(overlap !== null && { overlap }),
    ...(catchUp !== null && { catchUp }),
    ...(cronDialect !== null && { cronDialect }),
    ...(fault !== null && { fault }),
    ...(pausedAt !== null && { pausedAt }),
  };
}

/** A settled promise as the wire shows it. It does not depend on the time. */
export function settledRecord(row: PromiseRow): PromiseRecord {
  return promiseRecord(row, row.timeoutAt);
}
