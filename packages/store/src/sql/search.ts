import type {
  PromiseAlternative,
  PromiseQuery,
  TaskAlternative,
  TaskQuery,
  PromiseRow,
  ScheduleQuery,
  ScheduleRow,
} from '@resonate/machine';
import { byteOrder } from '@resonate/protocol';
import { readList, PROMISES, SCHEDULES, sizeList, TAG_COLUMNS, tagIndexText, TASKS } from '../tables.ts';
import { allOf, type Condition } from './conditions.ts';
import type { Statement } from './statement.ts';

/**
 * The SQL of searches, shared by all dialects, with `?` for parameters. A query with several alternatives becomes one
 * statement each, so that each walks its own index; `mergeById` puts the answers together.
 */

/** How a dialect says "filter by this column, but don't choose its index". */
export type NoIndex = (column: string) => string;

/** How a dialect tells its planner which index to walk, after the table's name; empty where it finds out by itself. */
export type UseIndex = (index: string) => string;
const anyIndex: UseIndex = () => '';

/** The condition of a search whose index is walked, in id order; the others are looked at row by row. */
export type Lead = { by: 'tag'; name: string; value: string } | { by: 'state' | 'timeout' | 'id' };

/**
 * @param lead what is walked along (`bestLead`); the first tag unless told.
 * @param list what is selected of promise `p`.
 */
export function promiseStatements(
  query: PromiseQuery,
  noIndex: NoIndex,
  useIndex = anyIndex,
  lead?: Lead,
  list = readList(PROMISES, 'p'),
): Statement[] {
  return (query.anyOf ?? [null]).map((alternative) => {
    const [usual] = leads(query, alternative);
    const own = alternative?.expired ? usual : (lead ?? usual);
    const { from, id, where } = walk(query, alternative, own, noIndex, useIndex);
    const conditions = [...where, ...filters(query, alternative, own, noIndex)];
    const { sql, params } = allOf(conditions);
    const condition = conditions.length > 0 ? ` WHERE ${sql}` : '';
    return {
      sql: `SELECT ${list} FROM ${from}${condition} ORDER BY ${id} LIMIT ?`,
      params: [...params, query.limit],
    };
  });
}

/** What an alternative can walk along, the usual choice first. */
function leads(query: PromiseQuery, alternative: PromiseAlternative | null): [Lead, ...Lead[]] {
  // Promises that ran out and are not written down as settled yet: few, found by their timer.
  if (alternative?.expired) return [{ by: 'timeout' }];
  const tags = Object.entries(query.tags).map(([name, value]): Lead => ({ by: 'tag', name, value }));
  const inColumnsFirst = [...tags.filter(isInColumn), ...tags.filter((tag) => !isInColumn(tag))];
  const byState: Lead[] = alternative ? [{ by: 'state' }] : [];
  const [first = { by: 'id' }, ...others] = [...inColumnsFirst, ...byState];
  return [first, ...others];
}

function isInColumn(lead: Lead): boolean {
  return lead.by === 'tag' && TAG_COLUMNS.has(lead.name);
}

interface Walk {
  from: string;
  /** What the rows are ordered by. */
  id: string;
  where: Condition[];
}

function walk(
  query: PromiseQuery,
  alternative: PromiseAlternative | null,
  lead: Lead,
  noIndex: NoIndex,
  useIndex: UseIndex,
): Walk {
  const where: Condition[] = [];
  let from = 'promises p';
  let id = 'p.id';
  if (lead.by === 'state') {
    from += useIndex('promises_state');
    where.push({ sql: 'p.state = ?', params: [alternative?.state ?? ''] });
  } else if (lead.by === 'timeout') {
    from += useIndex('promises_timeout');
    // Sorted afterwards: planners that may walk by id instead do, through all that is pending.
    id = noIndex('p.id');
    where.push({ sql: "p.state = 'pending' AND p.timeout_at <= ?", params: [alternative?.expired?.now ?? 0] });
  } else if (lead.by === 'tag') {
    const column = TAG_COLUMNS.get(lead.name);
    if (column) {
      from += useIndex(`promises_${column}`);
      where.push({ sql: `p.${column} = ?`, params: [lead.value] });
    } else {
      from = 'promise_tags t JOIN promises p ON p.id = t.promise_id';
      id = 't.promise_id';
      where.push({ sql: 't.name = ? AND t.value = ?', params: [tagIndexText(lead.name), tagIndexText(lead.value)] });
    }
  }
  if (query.after !== null) where.push({ sql: `${id} > ?`, params: [query.after] });
  return { from, id, where };
}

/** Every condition but the lead's. */
function filters(
  query: PromiseQuery,
  alternative: PromiseAlternative | null,
  lead: Lead,
  noIndex: NoIndex,
): Condition[] {
  const where: Condition[] = [];
  for (const [name, value] of Object.entries(query.tags)) {
    if (lead.by === 'tag' && lead.name === name) continue;
    const column = TAG_COLUMNS.get(name);
    // A scalar subquery, as planners may turn EXISTS into a join that begins with all promises of that tag.
    const tag = 'SELECT 1 FROM promise_tags o WHERE o.name = ? AND o.value = ? AND o.promise_id = p.id';
    if (column) where.push({ sql: `${noIndex(`p.${column}`)} = ?`, params: [value] });
    else where.push({ sql: `(${tag}) = 1`, params: [tagIndexText(name), tagIndexText(value)] });
  }
  if (alternative?.expired) where.push({ sql: 'p.is_timer = ?', params: [alternative.expired.timer ? 1 : 0] });
  else if (alternative && lead.by !== 'state')
    where.push({ sql: `${noIndex('p.state')} = ?`, params: [alternative.state] });
  if (alternative?.live) where.push({ sql: `${noIndex('p.timeout_at')} > ?`, params: [alternative.live.now] });
  return where;
}

/** How many rows of a lead are looked at to learn how many of them are wanted. */
const SAMPLED = 100;
/** A query may name any number of tags. */
const MAX_CANDIDATES = 4;

/** A statement that answers one row: how many of a lead's first rows there are, and how many of them are wanted. */
export interface LeadSample extends Statement {
  lead: Lead;
}

/**
 * A search by several conditions walks along one of them and skips what the others rule out: all of a million rows in
 * the worst case. So the first rows of each are looked at before (`bestLead`); none when there is nothing to choose.
 */
function leadSamples(query: PromiseQuery, noIndex: NoIndex, useIndex = anyIndex): LeadSample[] {
  const alternative = query.anyOf?.find(({ expired }) => !expired) ?? null;
  const candidates = leads(query, alternative);
  if (candidates.length < 2) return [];
  return [...candidates.slice(0, MAX_CANDIDATES - 1), ...candidates.slice(MAX_CANDIDATES - 1).slice(-1)].map((lead) => {
    const { from, id, where: path } = walk(query, alternative, lead, noIndex, useIndex);
    const where = allOf(path);
    const rest = allOf(filters(query, alternative, lead, noIndex));
    const rows = `SELECT CASE WHEN ${rest.sql} THEN 1 ELSE 0 END AS wanted FROM ${from}
      WHERE ${where.sql} ORDER BY ${id} LIMIT ${SAMPLED}`;
    const sql = `SELECT COUNT(*), COALESCE(SUM(wanted), 0) FROM (${rows}) AS first`;
    return { lead, sql, params: [...rest.params, ...where.params] };
  });
}

/** One that ends soon, else the one whose first rows have the most that are wanted. @param counts of each sample. */
function bestLead(samples: readonly LeadSample[], counts: readonly (readonly unknown[])[]): Lead | undefined {
  const rated = samples.map(({ lead }, index) => {
    const [rows, wanted] = [Number(counts[index]?.[0]), Number(counts[index]?.[1])];
    return { lead, rate: rows < SAMPLED ? 1 + SAMPLED - rows : wanted / SAMPLED };
  });
  const [first, ...others] = rated;
  return first && others.reduce((best, other) => (other.rate > best.rate ? other : best), first).lead;
}

export function taskStatements(query: TaskQuery, noIndex: NoIndex, useIndex = anyIndex): Statement[] {
  return (query.anyOf ?? [null]).map((alternative) => taskStatement(query, alternative, noIndex, useIndex));
}

function taskStatement(
  query: TaskQuery,
  alternative: TaskAlternative | null,
  noIndex: NoIndex,
  useIndex: UseIndex,
): Statement {
  const where: Condition[] = [];
  let from = alternative && alternative.state !== null ? `tasks k${useIndex('tasks_state')}` : 'tasks k';
  if (alternative?.expired) {
    from = `promises p${useIndex('promises_timeout')} JOIN tasks k ON k.id = p.id`;
    where.push({ sql: "p.state = 'pending' AND p.timeout_at <= ?", params: [alternative.expired.now] });
  }
  if (alternative && alternative.state !== null) where.push({ sql: 'k.state = ?', params: [alternative.state] });
  if (alternative?.live) where.push({ sql: `${noIndex('k.timeout_at')} > ?`, params: [alternative.live.now] });
  const id = alternative?.expired ? noIndex('p.id') : 'k.id';
  if (query.after !== null) where.push({ sql: `${id} > ?`, params: [query.after] });
  const { sql, params } = allOf(where);
  const condition = where.length > 0 ? ` WHERE ${sql}` : '';
  return {
    sql: `SELECT ${readList(TASKS, 'k')} FROM ${from}${condition} ORDER BY ${id} LIMIT ?`,
    params: [...params, query.limit],
  };
}

/** What a search found. */
export interface FoundRows<Row> {
  rows: Row[];
  /** True: there are more, but they would make the page too large. */
  isCut: boolean;
}

/** How a database is searched. */
export interface Searchable {
  noIndex: NoIndex;
  useIndex?: UseIndex;
  /** One round trip. @returns the rows of each statement, values in the order they were selected. */
  run(statements: Statement[]): Promise<unknown[][][]>;
}

/**
 * First the sizes of the rows, then the rows that a page has room for: a thousand promises of a megabyte each would fill
 * the memory and block the process while they are written.
 */
export async function searchPromises(
  query: PromiseQuery,
  { noIndex, useIndex, run }: Searchable,
): Promise<FoundRows<PromiseRow>> {
  const samples = leadSamples(query, noIndex, useIndex);
  const counts = samples.length > 0 ? await run(samples) : [];
  const lead =
    samples.length > 0
      ? bestLead(
          samples,
          counts.map(([row]) => row ?? []),
        )
      : undefined;
  const statements = (limit: number, list?: string) =>
    promiseStatements({ ...query, limit }, noIndex, useIndex, lead, list);
  const sizes = sizesOf(await run(statements(query.limit, sizeList(PROMISES, 'p'))), query.limit);
  const limit = fitting(sizes);
  const lists = await run(statements(limit));
  const rows = mergeById(
    lists.map((rows) => rows.map((values) => PROMISES.decode(values))),
    limit,
  );
  return { rows, isCut: limit < sizes.length };
}

/** Schedules in order of id, whatever their tags. */
export async function searchSchedules(
  { after, limit }: ScheduleQuery,
  { run }: Searchable,
): Promise<FoundRows<ScheduleRow>> {
  const statements = (list: string, most: number): Statement[] => [
    { sql: `SELECT ${list} FROM schedules s WHERE s.id > ? ORDER BY s.id LIMIT ?`, params: [after ?? '', most] },
  ];
  const sizes = sizesOf(await run(statements(sizeList(SCHEDULES, 's'), limit)), limit);
  const most = fitting(sizes);
  const [rows = []] = await run(statements(readList(SCHEDULES, 's'), most));
  return { rows: rows.map((values) => SCHEDULES.decode(values)), isCut: most < sizes.length };
}

/** Stored bytes after which a page ends: it is read, parsed and written as one piece. */
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

/** How many of the first rows fit into a page. */
function fitting(sizes: readonly Size[]): number {
  let total = 0;
  const beyond = sizes.findIndex(({ bytes }) => (total += bytes) > MAX_PAGE_BYTES);
  // At least 1: databases would take LIMIT 0 for no row at all.
  return Math.max(beyond < 0 ? sizes.length : beyond, Math.min(MIN_ROWS, sizes.length), 1);
}

export async function searchTasks(query: TaskQuery, { noIndex, useIndex, run }: Searchable) {
  const lists = await run(taskStatements(query, noIndex, useIndex));
  return mergeById(
    lists.map((rows) => rows.map((values) => TASKS.decode(values))),
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
