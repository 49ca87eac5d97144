import type { TaskRow } from '@resonate/machine';
import type { PromiseState, StringMap, TaskState } from '@resonate/protocol';
import type { PlainSql } from '../sql/plain-sql.ts';
import { allOf, beginsWith, given, HAS_FAILED, hasTag, is, IS_ROOT, that, type Condition } from '../sql/conditions.ts';
import { bestOf, pathOf, type IndexedFilter, type Path } from '../sql/plan.ts';
import type { Words } from '../sql/words.ts';
import { errorMessageOf, VALUE_HEAD } from './error-message.ts';
import { BRIEF_COLUMNS, BRIEF_LENGTH, briefPromise, TASK_COLUMNS, taskOf, type BriefPromise } from './rows.ts';
import { json, textOrNull } from '../sql/read.ts';

/** A position in the list of promises, newest first. */
export interface Place {
  createdAt: number;
  id: string;
}

export interface NewestQuery {
  /** Only ids with this prefix; '' for all. */
  prefix: string;
  /** `failed`: rejected, canceled or timed out. */
  state?: PromiseState | 'failed' | undefined;
  /** Only promises with a task, in this state if one is given. */
  task?: { state: TaskState | undefined } | undefined;
  tags: readonly (readonly [name: string, value: string])[];
  /** Only promises whose param calls this function: the whole name. */
  func?: string | undefined;
  /** Created at or after `from`, and before `to`. */
  from?: number | undefined;
  to?: number | undefined;
  /** True: only roots, which no other promise has called. False: only the others. */
  isRoot?: boolean | undefined;
  limit: number;
  /** The page begins after this position. */
  after: Place | null;
}

export interface Listed extends BriefPromise {
  tags: StringMap;
  origin: string | null;
  /** Why it failed, as far as its value says it. */
  error: string | undefined;
  task: TaskRow | null;
}

export interface Newest {
  rows: Listed[];
  /** Where the next page begins; null at the end. */
  next: Place | null;
}

/** A page is searched among at most this many rows. */
export const MAX_ROWS_READ = 5_000;
const FIRST_ROWS_READ = 500;

/**
 * The newest promises that match the query. First it counts the matches of each condition in its index, up to 5,001. If one
 * condition has at most 5,000, all of them are read and sorted. Otherwise matches are frequent, so the index of creation
 * times (of one function, if one is asked for) is read from the newest on. After 5,000 rows the page ends, and the next one
 * continues. So the cost of a page is bounded, however many promises there are.
 */
export async function findNewest(sql: PlainSql, query: NewestQuery, now: number): Promise<Newest> {
  const filter = await rarest(sql, query);
  const found = filter ? await alongRarestIndex(sql, query, filter) : await alongTimeAsNeeded(sql, query);
  const page = found.rows.slice(0, query.limit);
  await addLongTags(sql, page, query);
  const rows = page.map((values) => listed(values, now)).filter((row) => isWanted(row, query));
  const last = page.at(-1);
  if (found.rows.length > query.limit && last)
    return { rows, next: { id: String(last[0]), createdAt: Number(last[2]) } };
  return { rows, next: found.walkedTo };
}

/** Checks what the index cannot: it has long tags only in part, and expired promises may still be stored as pending. */
function isWanted(row: Listed, { state, task, tags }: NewestQuery): boolean {
  if (state === 'pending' && row.state !== state) return false;
  if (task?.state !== undefined && row.task?.state !== task.state) return false;
  return tags.every(([name, value]) => row.tags[name] === value);
}

function listed(values: readonly unknown[], now: number): Listed {
  const [tags, origin, value] = values.slice(BRIEF_LENGTH);
  const task = values.slice(BRIEF_LENGTH + 3);
  return {
    ...briefPromise(values, now),
    tags: json<StringMap>(tags),
    origin: textOrNull(origin),
    error: errorMessageOf(textOrNull(value) ?? ''),
    task: task.length > 0 ? taskOf(task, now) : null,
  };
}

interface Found {
  rows: unknown[][];
  walkedTo: Place | null;
}

/** A query may have up to 32 tags, and for each tag that is compared an index is read. */
const MAX_COMPARED_TAGS = 4;

/** The conditions of the query that have an index. */
function indexedFiltersOf({ prefix, state, task, tags, func }: NewestQuery): IndexedFilter[] {
  return [
    ...given(func, (name) => ({ by: 'function', name }) as const),
    ...(prefix === '' ? [] : [{ by: 'id' } as const]),
    ...(task?.state === undefined ? [] : [{ by: 'task', state: task.state } as const]),
    ...tags.slice(0, MAX_COMPARED_TAGS).map(([name, value]) => ({ by: 'tag', name, value }) as const),
    ...given(state, filterOfState),
  ];
}

function filterOfState(state: PromiseState | 'failed'): IndexedFilter {
  return state === 'failed' ? { by: 'failed' } : { by: 'state', state };
}

/** How the rows that meet a filter and have the prefix are found. */
function pathWithin({ prefix }: NewestQuery, filter: IndexedFilter, words: Words): Path {
  const path = pathOf(filter, words);
  return { ...path, where: [...path.where, ...beginsWith(path.id, prefix)] };
}

/** The index with the fewest matching rows, if they are few. */
async function rarest({ words, select }: PlainSql, query: NewestQuery): Promise<IndexedFilter | null> {
  const best = await bestOf(indexedFiltersOf(query), select, {
    ask(filter) {
      const { alone, where } = pathWithin(query, filter, words);
      const { sql, params } = allOf(where);
      const some = `SELECT 1 FROM ${alone} WHERE ${sql} LIMIT ${MAX_ROWS_READ + 1}`;
      return { sql: `SELECT COUNT(*) FROM (${some}) AS first`, params };
    },
    rate: ([rows = 0]) => -rows,
  });
  return best && best.rate >= -MAX_ROWS_READ ? best.option : null;
}

/** If the tags of a promise are longer than this, as JSON, they are read separately, one promise at a time. */
const MAX_TAGS_BYTES = 8 * 1024;
const SHORT_TAGS = `CASE WHEN OCTET_LENGTH(p.tags) <= ${MAX_TAGS_BYTES} THEN p.tags END`;

/** Adds tags to rows whose tags are long: those that the query names, and as many others as fit into a few kilobytes. */
async function addLongTags({ select }: PlainSql, page: unknown[][], query: NewestQuery): Promise<void> {
  const wanted = new Set(query.tags.map(([name]) => name));
  for (const values of page) {
    if (values[BRIEF_LENGTH] !== null) continue;
    const text = 'SELECT tags FROM promises WHERE id = ?';
    const [[row] = []] = await select([{ sql: text, params: [String(values[0])] }]);
    values[BRIEF_LENGTH] = JSON.stringify(someOf(json<StringMap>(row?.[0] ?? '{}'), wanted));
  }
}

function someOf(tags: StringMap, wanted: ReadonlySet<string>): StringMap {
  let room = MAX_TAGS_BYTES;
  const some = Object.entries(tags).filter(([name, value]) => {
    if (wanted.has(name)) return true;
    room -= name.length + value.length;
    return room >= 0;
  });
  return Object.fromEntries(some);
}

/** The beginning of the value of a promise that failed. A value may have megabytes. */
const FAILURE_COLUMN = `CASE WHEN ${HAS_FAILED.sql} THEN SUBSTR(p.value, 1, ${VALUE_HEAD}) END`;

const ORDER = (at: string, id: string) => `ORDER BY ${at} DESC, ${id} DESC`;

function columns({ task }: NewestQuery): string {
  return `${BRIEF_COLUMNS}, ${SHORT_TAGS}, p.origin, ${FAILURE_COLUMN}${task ? `, ${TASK_COLUMNS}` : ''}`;
}

async function alongRarestIndex(
  { select, words }: PlainSql,
  query: NewestQuery,
  filter: IndexedFilter,
): Promise<Found> {
  const path = pathWithin(query, filter, words);
  const calls = given(query.func, (name) => is(words.noIndex('p.func'), name));
  const where = allOf([...path.where, ...calls, ...filters(query), ...within(query, 'p.created_at', 'p.id')]);
  const join = query.task && filter.by !== 'task' ? ' JOIN tasks k ON k.id = p.id' : '';
  // Sorted by a sum, because it has no index. Otherwise some planners read the index of times, to its end.
  const order = ORDER('p.created_at + 0', 'p.id');
  const text = `SELECT ${columns(query)} FROM ${path.from}${join} WHERE ${where.sql} ${order} LIMIT ${query.limit + 1}`;
  const [rows = []] = await select([{ sql: text, params: where.params }]);
  return { rows, walkedTo: null };
}

/** Common queries, such as the newest roots, find enough among the first rows. Then fewer rows are read. */
async function alongTimeAsNeeded(sql: PlainSql, query: NewestQuery): Promise<Found> {
  if (filters(query).length === 0 && !query.task) return alongTime(sql, query, query.limit + 1);
  const near = await alongTime(sql, query, FIRST_ROWS_READ);
  return near.rows.length > query.limit || !near.walkedTo ? near : alongTime(sql, query, MAX_ROWS_READ);
}

async function alongTime({ select, words }: PlainSql, query: NewestQuery, most: number): Promise<Found> {
  const conditions = filters(query);
  const { func } = query;
  const path = allOf([...given(func, (name) => is('func', name)), ...within(query, 'created_at', 'id')]);
  const index = words.useIndex(func === undefined ? 'promises_created' : 'promises_func');
  const walked = `FROM promises${index} WHERE ${path.sql} ${ORDER('created_at', 'id')} LIMIT`;
  const where = allOf(conditions);
  // CROSS JOIN makes SQLite keep this order. Otherwise it may begin with all promises of a state.
  const join = query.task ? ' CROSS JOIN tasks k' : '';
  const same = `p.id = w.id${query.task ? ' AND k.id = w.id' : ''}`;
  const text = `SELECT ${columns(query)} FROM (SELECT id, created_at ${walked} ${most}) AS w
    CROSS JOIN ${words.byKey('promises p')}${join}
    WHERE ${same} AND ${where.sql} ${ORDER('w.created_at', 'w.id')} LIMIT ${query.limit + 1}`;
  const [rows = [], [end] = []] = await select([
    { sql: text, params: [...path.params, ...where.params] },
    { sql: `SELECT id, created_at ${walked} 1 OFFSET ${most - 1}`, params: path.params },
  ]);
  return { rows, walkedTo: end ? { id: String(end[0]), createdAt: Number(end[1]) } : null };
}

/** Rows after the position `after`, created in the wanted time. */
function within({ from, to, after }: NewestQuery, at: string, id: string): Condition[] {
  return [
    ...given(from, (time) => that(`${at} >= ${time}`)),
    ...given(to, (time) => that(`${at} < ${time}`)),
    ...given(after, ({ createdAt, id: last }) => ({
      sql: `${at} <= ${createdAt} AND (${at} < ${createdAt} OR ${id} < ?)`,
      params: [last],
    })),
  ];
}

/** The conditions that a walk by time checks on each row. `func` is not one of them: it is part of the walk. */
function filters({ prefix, state, task, tags, isRoot }: NewestQuery): Condition[] {
  return [
    ...beginsWith('p.id', prefix),
    ...given(state, (wanted) => (wanted === 'failed' ? HAS_FAILED : is('p.state', wanted))),
    ...given(task?.state, (wanted) => is('k.state', wanted)),
    ...tags.map(([name, value]) => hasTag(name, value)),
    ...given(isRoot, (wanted) => that(wanted ? IS_ROOT : `NOT ${IS_ROOT}`)),
  ];
}
