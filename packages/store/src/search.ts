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
import type { FoundRows } from './sql/search.ts';

export type SearchRequest = Extract<Request, { kind: `${string}.search` }>;

export function isSearch(request: Request): request is SearchRequest {
  return request.kind.endsWith('.search');
}

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
      const { rows, limit } = await findPromises(dialect, query, prefix);
      return promiseSearch.answer({ ...query, limit }, rows, now);
    }
    case 'task.search': {
      const query = taskSearch.query(request.data, now, prefix);
      const { rows, limit } = await findTasks(dialect, query, prefix);
      return taskSearch.answer({ ...query, limit }, rows, now);
    }
    case 'schedule.search': {
      const query = scheduleSearch.query(request.data, prefix);
      const { rows, limit } = await findSchedules(dialect, query, prefix);
      return scheduleSearch.answer({ ...query, limit }, rows);
    }
  }
}

/** The rows for one page. If there are `limit` rows, the last one is not shown: it only says that there are more. */
interface PageRows<Row> {
  rows: Row[];
  limit: number;
}

function findPromises(dialect: Dialect, query: PromiseQuery, prefix: string): Promise<PageRows<PromiseRow>> {
  return filtered(
    query,
    prefix,
    (page) => dialect.searchPromises(page),
    (row) => hasTags(row.tags, query.tags),
  );
}

/** Rows of tasks are small, because they have no data of clients. So a page of them is never cut. */
function findTasks(dialect: Dialect, query: TaskQuery, prefix: string): Promise<PageRows<TaskRow>> {
  return filtered(
    query,
    prefix,
    async (page) => ({ rows: await dialect.searchTasks(page), isCut: false }),
    () => true,
  );
}

function findSchedules(dialect: Dialect, query: ScheduleQuery, prefix: string): Promise<PageRows<ScheduleRow>> {
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
 * Reads until `limit` rows pass the check or the page is large, because the index may find some rows that do not match.
 * The query begins at the first id with `prefix`; this function stops after the last one.
 */
async function filtered<Row extends { id: string }, Query extends { after: string | null; limit: number }>(
  query: Query,
  prefix: string,
  find: (query: Query) => Promise<FoundRows<Row>>,
  passes: (row: Row) => boolean,
): Promise<PageRows<Row>> {
  const found: Row[] = [];
  let page = query;
  for (;;) {
    const { rows, isCut } = await find(page);
    found.push(...rows.filter((row) => row.id.startsWith(prefix) && passes(row)));
    const last = rows.at(-1);
    const isEnd = !last || (rows.length < query.limit && !isCut) || isPast(last.id, prefix);
    if (isEnd || found.length >= query.limit) return { rows: found.slice(0, query.limit), limit: query.limit };
    // The page is shorter than asked for. Its last row says that there are more.
    if (isCut && found.length > 1) return { rows: found, limit: found.length };
    page = { ...page, after: last.id };
  }
}

function isPast(id: string, prefix: string): boolean {
  return !id.startsWith(prefix) && byteOrder(id, prefix) > 0;
}
