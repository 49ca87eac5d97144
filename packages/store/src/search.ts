import {
  promiseSearch,
  scheduleSearch,
  taskSearch,
  type PromiseQuery,
  type PromiseRow,
  type ScheduleQuery,
  type ScheduleRow,
  type TaskQuery,
  type TaskRow,
} from '@resonate/machine';
import { byteOrder, type Reply, type Request, type StringMap } from '@resonate/protocol';
import type { Dialect } from './dialect.ts';

export type SearchRequest = Extract<Request, { kind: `${string}.search` }>;

/** Answers a search. @param prefix only ids that begin with it are found. */
export async function answerSearch(
  dialect: Dialect,
  request: SearchRequest,
  debugNow: number | null,
  prefix: string,
): Promise<Reply> {
  const now = debugNow ?? (await dialect.now());
  switch (request.kind) {
    case 'promise.search': {
      const query = promiseSearch.query(request.data, now, prefix);
      return promiseSearch.answer(query, await findPromises(dialect, query, prefix), now);
    }
    case 'task.search': {
      const query = taskSearch.query(request.data, now, prefix);
      return taskSearch.answer(query, await findTasks(dialect, query, prefix), now);
    }
    case 'schedule.search': {
      const query = scheduleSearch.query(request.data, prefix);
      return scheduleSearch.answer(query, await findSchedules(dialect, query, prefix));
    }
  }
}

function findPromises(dialect: Dialect, query: PromiseQuery, prefix: string): Promise<PromiseRow[]> {
  return filtered(
    query,
    prefix,
    (page) => dialect.searchPromises(page),
    (row) => hasTags(row.tags, query.tags),
  );
}

function findTasks(dialect: Dialect, query: TaskQuery, prefix: string): Promise<TaskRow[]> {
  return filtered(
    query,
    prefix,
    (page) => dialect.searchTasks(page),
    () => true,
  );
}

function findSchedules(dialect: Dialect, query: ScheduleQuery, prefix: string): Promise<ScheduleRow[]> {
  return filtered(
    query,
    prefix,
    (page) => dialect.searchSchedules(page),
    (row) => hasTags(row.promiseTags, query.tags),
  );
}

function hasTags(tags: StringMap, wanted: StringMap): boolean {
  return Object.entries(wanted).every(([name, value]) => tags[name] === value);
}

/**
 * Pages until `limit` rows pass: what the index finds may have a little more than what is wanted. The query begins where
 * the ids with `prefix` do; here it ends with them.
 */
async function filtered<Row extends { id: string }, Query extends { after: string | null; limit: number }>(
  query: Query,
  prefix: string,
  find: (query: Query) => Promise<Row[]>,
  passes: (row: Row) => boolean,
): Promise<Row[]> {
  const found: Row[] = [];
  let page = query;
  for (;;) {
    const rows = await find(page);
    found.push(...rows.filter((row) => row.id.startsWith(prefix) && passes(row)));
    const last = rows.at(-1);
    if (!last || rows.length < query.limit || found.length >= query.limit || isPast(last.id, prefix))
      return found.slice(0, query.limit);
    page = { ...page, after: last.id };
  }
}

function isPast(id: string, prefix: string): boolean {
  return !id.startsWith(prefix) && byteOrder(id, prefix) > 0;
}
