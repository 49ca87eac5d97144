import type {
  PromiseAlternative,
  PromiseQuery,
  TaskAlternative,
  TaskQuery,
  PromiseRow,
  ScheduleQuery,
  ScheduleRow,
  TaskRow,
} from '@resonate/machine';
import { byteOrder } from '@resonate/protocol';
import { PROMISES, SCHEDULES, TAG_COLUMNS, TASKS } from '../tables.ts';
import { allOf, given, hasTag, is, isAbove, type Condition } from './conditions.ts';
import { bestOf, pathOf, type IndexedFilter, type Path } from './plan.ts';
import type { PlainSql } from './plain-sql.ts';
import type { Statement } from './statement.ts';
import type { Words } from './words.ts';

/**
 * The SQL of searches for all dialects. Each alternative of a query becomes a statement of its own, so that each uses its
 * own index. `mergeById` merges the answers.
 */

/**
 * @param filter the filter whose index is used; by default the usual one of each alternative (`indexedFiltersOf`).
 * @param list what is selected of promise `p`.
 */
export function promiseStatements(
  query: PromiseQuery,
  words: Words,
  filter?: IndexedFilter,
  list = PROMISES.list('p'),
): Statement[] {
  return (query.anyOf ?? [null]).map((alternative) => {
    const [usual, ...others] = indexedFiltersOf(query, alternative);
    // A filter by state means the state of each alternative.
    const own = (filter && others.find((other) => isAlike(other, filter))) ?? usual;
    const { from, id, path } = walk(query, own, words);
    const conditions = [...path, ...conditionsBeside(query, alternative, own, words)];
    const { sql, params } = allOf(conditions);
    const condition = conditions.length > 0 ? ` WHERE ${sql}` : '';
    return {
      sql: `SELECT ${list} FROM ${from}${condition} ORDER BY ${id} LIMIT ?`,
      params: [...params, query.limit],
    };
  });
}

/** The filters of an alternative that have an index, the usual choice first. */
function indexedFiltersOf(
  query: PromiseQuery,
  alternative: PromiseAlternative | null,
): [IndexedFilter, ...IndexedFilter[]] {
  if (alternative?.expired) return [{ by: 'timeout', now: alternative.expired.now }];
  const tags = Object.entries(query.tags).map(([name, value]): IndexedFilter & { by: 'tag' } => ({
    by: 'tag',
    name,
    value,
  }));
  const inColumns = tags.filter(({ name }) => TAG_COLUMNS.has(name));
  const byState: IndexedFilter[] = alternative ? [{ by: 'state', state: alternative.state }] : [];
  const [first = { by: 'id' }, ...others] = [
    ...inColumns,
    ...tags.filter((tag) => !inColumns.includes(tag)),
    ...byState,
  ];
  return [first, ...others];
}

function isAlike(one: IndexedFilter, other: IndexedFilter): boolean {
  return one.by === other.by && (one.by !== 'tag' || other.by !== 'tag' || one.name === other.name);
}

/** The rows that meet a filter and follow the last page: the texts behind FROM, WHERE and ORDER BY. */
function walk({ after }: PromiseQuery, filter: IndexedFilter, words: Words) {
  const { from, id, where } = pathOf(filter, words);
  return { from, id, path: [...where, ...given(after, (last) => isAbove(id, last))] };
}

/** Every condition of the search except the one whose index is walked. */
function conditionsBeside(
  query: PromiseQuery,
  alternative: PromiseAlternative | null,
  filter: IndexedFilter,
  { noIndex }: Words,
): Condition[] {
  const tags = Object.entries(query.tags).filter(([name]) => filter.by !== 'tag' || filter.name !== name);
  const where = tags.map(([name, value]) => hasTag(name, value, noIndex));
  if (alternative?.expired) where.push(is('p.is_timer', alternative.expired.timer ? 1 : 0));
  else if (alternative && filter.by !== 'state') where.push(is(noIndex('p.state'), alternative.state));
  return [...where, ...given(alternative?.live, ({ now }) => isAbove(noIndex('p.timeout_at'), now))];
}

/** How many rows that meet a filter are read, to estimate what share of such rows the search wants. */
const SAMPLED = 100;
/** A search may have up to 32 tags, and for each filter that is compared an index is read. */
const MAX_CANDIDATES = 4;

/**
 * The filter whose index to use: one that few rows meet; if there is none, the one whose first rows match the search most
 * often. Undefined if there is no choice.
 */
async function bestFilter(query: PromiseQuery, { words, select }: Searchable): Promise<IndexedFilter | undefined> {
  const alternative = query.anyOf?.find(({ expired }) => !expired) ?? null;
  const filters = indexedFiltersOf(query, alternative);
  if (filters.length < 2) return undefined;
  const candidates = [...filters.slice(0, MAX_CANDIDATES - 1), ...filters.slice(MAX_CANDIDATES - 1).slice(-1)];
  const best = await bestOf(candidates, select, {
    /** Answers how many rows were sampled, and how many of them match the search. */
    ask(filter) {
      const { from, id, path } = walk(query, filter, words);
      const where = allOf(path);
      const rest = allOf(conditionsBeside(query, alternative, filter, words));
      const rows = `SELECT CASE WHEN ${rest.sql} THEN 1 ELSE 0 END AS wanted FROM ${from}
        WHERE ${where.sql} ORDER BY ${id} LIMIT ${SAMPLED}`;
      const sql = `SELECT COUNT(*), COALESCE(SUM(wanted), 0) FROM (${rows}) AS first`;
      return { sql, params: [...rest.params, ...where.params] };
    },
    rate: ([rows = 0, wanted = 0]) => (rows < SAMPLED ? 1 + SAMPLED - rows : wanted / SAMPLED),
  });
  return best?.option;
}

export function taskStatements(query: TaskQuery, words: Words): Statement[] {
  return (query.anyOf ?? [null]).map((alternative) => taskStatement(query, alternative, words));
}

function taskStatement(query: TaskQuery, alternative: TaskAlternative | null, words: Words): Statement {
  const { from, id, where } = taskPath(alternative, words);
  const conditions = [
    ...where,
    ...given(alternative?.live, ({ now }) => isAbove(words.noIndex('k.timeout_at'), now)),
    ...given(query.after, (after) => isAbove(id, after)),
  ];
  const { sql, params } = allOf(conditions);
  const condition = conditions.length > 0 ? ` WHERE ${sql}` : '';
  return {
    sql: `SELECT ${TASKS.list('k')} FROM ${from}${condition} ORDER BY ${id} LIMIT ?`,
    params: [...params, query.limit],
  };
}

/** How tasks `k` are found. */
function taskPath(alternative: TaskAlternative | null, words: Words): Pick<Path, 'from' | 'id' | 'where'> {
  const state = alternative?.state ?? null;
  if (alternative?.expired) {
    const { from, id, where } = pathOf({ by: 'timeout', now: alternative.expired.now }, words);
    const ofState = given(state, (wanted) => is('k.state', wanted));
    return { from: `${from} JOIN tasks k ON k.id = p.id`, id, where: [...where, ...ofState] };
  }
  if (state === null) return { from: 'tasks k', id: 'k.id', where: [] };
  const { alone, id, where } = pathOf({ by: 'task', state }, words);
  return { from: alone, id, where };
}

/** What a search found. */
export interface FoundRows<Row> {
  rows: Row[];
  /** True: there are more, but they would make the page too large. */
  isCut: boolean;
}

/** What a search needs of `PlainSql`. */
type Searchable = Pick<PlainSql, 'words' | 'select'>;

/**
 * Reads first the sizes of the rows, and then the rows that fit into a page. Otherwise a thousand promises of a megabyte
 * each would fill the memory, and would block the process while they are written. Rows may be created between the two
 * reads. So only a cut shortens the second one: otherwise a page that is not full would seem to be the last one.
 */
export async function searchPromises(
  query: PromiseQuery,
  { words, select }: Searchable,
): Promise<FoundRows<PromiseRow>> {
  const filter = await bestFilter(query, { words, select });
  const statements = (limit: number, list?: string) => promiseStatements({ ...query, limit }, words, filter, list);
  const cut = cutOf(sizesOf(await select(statements(query.limit, `p.id, ${PROMISES.bytes('p')}`)), query.limit));
  const limit = cut ?? query.limit;
  const lists = await select(statements(limit));
  const rows = mergeById(
    lists.map((rows) => PROMISES.decodeAll(rows)),
    limit,
  );
  return { rows, isCut: cut !== null };
}

/** Schedules in order of id. The caller compares the tags. */
export async function searchSchedules(
  { after, limit }: ScheduleQuery,
  { select }: Searchable,
): Promise<FoundRows<ScheduleRow>> {
  const statements = (list: string, most: number): Statement[] => [
    { sql: `SELECT ${list} FROM schedules s WHERE s.id > ? ORDER BY s.id LIMIT ?`, params: [after ?? '', most] },
  ];
  const cut = cutOf(sizesOf(await select(statements(`s.id, ${SCHEDULES.bytes('s')}`, limit)), limit));
  const [rows = []] = await select(statements(SCHEDULES.list('s'), cut ?? limit));
  return { rows: SCHEDULES.decodeAll(rows), isCut: cut !== null };
}

/** A page ends after this many stored bytes, because it is read, parsed and written as one piece. */
const MAX_PAGE_BYTES = 2 * 1024 * 1024;
/** The last row of a page that is cut only says that there are more, so a page needs two. */
const MIN_ROWS = 2;

interface Size {
  id: string;
  bytes: number;
}

function sizesOf(lists: unknown[][][], limit: number): Size[] {
  return mergeById(
    lists.map((rows) => rows.map(([id, bytes]) => ({ id: String(id), bytes: Number(bytes) }))),
    limit,
  );
}

/** How many of the first rows fit into a page; null if all of them do. */
function cutOf(sizes: readonly Size[]): number | null {
  let total = 0;
  const beyond = sizes.findIndex(({ bytes }) => (total += bytes) > MAX_PAGE_BYTES);
  const most = Math.max(beyond, MIN_ROWS);
  return beyond >= 0 && most < sizes.length ? most : null;
}

export async function searchTasks(query: TaskQuery, { words, select }: Searchable): Promise<TaskRow[]> {
  const lists = await select(taskStatements(query, words));
  return mergeById(
    lists.map((rows) => TASKS.decodeAll(rows)),
    query.limit,
  );
}

/** The first `limit` rows of several lists in byte order of id. */
function mergeById<Row extends { id: string }>(lists: Row[][], limit: number): Row[] {
  if (lists.length === 1 && lists[0]) return lists[0];
  return lists
    .flat()
    .sort((a, b) => byteOrder(a.id, b.id))
    .slice(0, limit);
}
