import type { Reply, RequestData } from '@resonate/protocol';
import { ok } from '../operation.ts';
import { scheduleQuery, searchAnswer, type ScheduleQuery } from '../query.ts';
import type { ScheduleRow } from '../rows.ts';
import { scheduleRecord } from '../rules/records.ts';

export const scheduleSearch = {
  query: (data: RequestData<'schedule.search'>, prefix = ''): ScheduleQuery => scheduleQuery(data, prefix),

  answer: (query: ScheduleQuery, rows: ScheduleRow[]): Reply =>
    ok(searchAnswer('schedules', rows, query.limit, scheduleRecord)),
};
