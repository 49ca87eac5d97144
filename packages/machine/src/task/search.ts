import type { Reply, RequestData } from '@resonate/protocol';
import { ok } from '../operation.ts';
import { searchAnswer, taskQuery, type TaskQuery } from '../query.ts';
import type { TaskRow } from '../rows.ts';
import { taskRecord } from '../rules/records.ts';

export const taskSearch = {
  query: (data: RequestData<'task.search'>, now: number, prefix = ''): TaskQuery => taskQuery(data, now, prefix),

  answer: (query: TaskQuery, rows: TaskRow[], now: number): Reply =>
    ok(searchAnswer('tasks', rows, query.limit, (row) => taskRecord(row, now))),
};
