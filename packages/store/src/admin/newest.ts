import type { TaskRow } from '@resonate/machine';
import type { PromiseState, StringMap, TaskState } from '@resonate/protocol';
import type { PlainSql } from '../sql/plain-sql.ts';
import { TAG_COLUMNS, tagIndexText } from '../tables.ts';
import { allOf, beginsWith, hasTag, type Condition } from '../sql/conditions.ts';
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
  state?: PromiseState | undefined;
  /** Only promises with a task, in this state if one is given. */
  task?: { state: TaskState | undefined } | undefined;
  tags: readonly (readonly [name: string, value: string])[];
  /** Created at or after `from`, and before `to`. */
  from?: number | undefined;
  to?: number | undefined;
  /** Only roots: promises that no other promise has created. */
  isRoot: boolean;
  limit: number;
  /** The page begins after this position. */
  after: Place | null;
}

export interface Listed extends BriefPromise {
  tags: StringMap;
  origin: string | null;
  task: TaskRow | null;
}

export interface Newest {
  rows: Listed[];
  /** Where the next page begins; null at the end. */
  next: Place | null;
}

/** How many rows one page reads at most. */
export const MOST_LOOKED_AT = 5_000;
const FIRST_LOOKED_AT = 500;

/**
 * The newest promises that match the query. A page reads at most 5,000 rows, however many promises there are. If one
 * condition has an index with fewer matches than that, all of them are read and sorted. Otherwise matches are frequent, so
 * the index of creation times is read from the newest on; after 5,000 rows the page ends, and the next one continues.
 */
export async function findNewest(sql: PlainSql, query: NewestQuery, now: number): Promise<Newest> {
  const lead = await rarest(sql, query);
  const found = lead ? await amongRare(sql, query, lead) : await alongTimeAsNeeded(sql, query);
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
  const [tags, origin] = values.slice(BRIEF_LENGTH);
  const task = values.slice(BRIEF_LENGTH + 2);
  return {
    ...briefPromise(values, now),
    tags: json<StringMap>(tags),
    origin: textOrNull(origin),
    task: task.length > 0 ? taskOf(task, now) : null,
  };
}

interface Found {
  rows: unknown[][];
  walkedTo: Place | null;
}

/** A condition of the query that has an index, with the rows that this index finds. */
interface Lead {
  /** With promise `p`, and task `k` where `hasTask`. */
  from: string;
  hasTask?: true;
  conditions: Condition[];
  /** The same without a join. */
  alone: string;
}

function leadsOf({ words }: PlainSql, { prefix, state, task, tags }: NewestQuery): Lead[] {
  const leads: Lead[] = [];
  if (prefix !== '') leads.push({ from: 'promises p', alone: 'promises p', conditions: beginsWith('p.id', prefix) });
  if (task?.state !== undefined) {
    const alone = `tasks k${words.at('tasks_state')}`;
    const conditions = [{ sql: 'k.state = ?', params: [task.state] }, ...beginsWith('k.id', prefix)];
    leads.push({ from: `${alone} JOIN promises p ON p.id = k.id`, hasTask: true, alone, conditions });
  }
  for (const [name, value] of tags) {
    const column = TAG_COLUMNS.get(name);
    if (column) {
      const alone = `promises p${words.at(`promises_${column}`)}`;
      leads.push({ from: alone, alone, conditions: [hasTag(name, value), ...beginsWith('p.id', prefix)] });
    } else {
      const is = { sql: 't.name = ? AND t.value = ?', params: [tagIndexText(name), tagIndexText(value)] };
      const from = 'promise_tags t JOIN promises p ON p.id = t.promise_id';
      leads.push({ from, alone: 'promise_tags t', conditions: [is, ...beginsWith('t.promise_id', prefix)] });
    }
  }
  if (state !== undefined) {
    const alone = `promises p${words.at('promises_state')}`;
    leads.push({
      from: alone,
      alone,
      conditions: [{ sql: 'p.state = ?', params: [state] }, ...beginsWith('p.id', prefix)],
    });
  }
  return leads;
}

/** The index with the fewest matching rows, if they are few. */
async function rarest(sql: PlainSql, query: NewestQuery): Promise<Lead | null> {
  const leads = leadsOf(sql, query);
  if (leads.length === 0) return null;
  const counts = await sql.select(
    leads.map(({ alone, conditions }) => {
      const where = allOf(conditions);
      const some = `SELECT 1 FROM ${alone} WHERE ${where.sql} LIMIT ${MOST_LOOKED_AT + 1}`;
      return { sql: `SELECT COUNT(*) FROM (${some}) AS first`, params: where.params };
    }),
  );
  const counted = leads.map((lead, index) => ({ lead, count: Number(counts[index]?.[0]?.[0]) }));
  const least = counted.reduce((best, other) => (other.count < best.count ? other : best));
  return least.count <= MOST_LOOKED_AT ? least.lead : null;
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

const ORDER = (at: string, id: string) => `ORDER BY ${at} DESC, ${id} DESC`;

function columns({ task }: NewestQuery): string {
  return `${BRIEF_COLUMNS}, ${SHORT_TAGS}, p.origin${task ? `, ${TASK_COLUMNS}` : ''}`;
}

async function amongRare({ select }: PlainSql, query: NewestQuery, lead: Lead): Promise<Found> {
  const where = allOf([...lead.conditions, ...filters(query), ...within(query, 'p.created_at', 'p.id')]);
  const join = query.task && !lead.hasTask ? ' JOIN tasks k ON k.id = p.id' : '';
  // Sorted by a sum, because it has no index. Otherwise some planners read the index of times, to its end.
  const order = ORDER('p.created_at + 0', 'p.id');
  const text = `SELECT ${columns(query)} FROM ${lead.from}${join} WHERE ${where.sql} ${order} LIMIT ${query.limit + 1}`;
  const [rows = []] = await select([{ sql: text, params: where.params }]);
  return { rows, walkedTo: null };
}

/** Common queries, such as the newest roots, find enough among the first rows. Then fewer rows are read. */
async function alongTimeAsNeeded(sql: PlainSql, query: NewestQuery): Promise<Found> {
  if (filters(query).length === 0 && !query.task) return alongTime(sql, query, query.limit + 1);
  const near = await alongTime(sql, query, FIRST_LOOKED_AT);
  return near.rows.length > query.limit || !near.walkedTo ? near : alongTime(sql, query, MOST_LOOKED_AT);
}

async function alongTime({ select, words }: PlainSql, query: NewestQuery, most: number): Promise<Found> {
  const conditions = filters(query);
  const path = allOf(within(query, 'created_at', 'id'));
  const walked = `FROM promises${words.at('promises_created')} WHERE ${path.sql} ${ORDER('created_at', 'id')} LIMIT`;
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
  const conditions: Condition[] = [];
  if (from !== undefined) conditions.push({ sql: `${at} >= ${from}`, params: [] });
  if (to !== undefined) conditions.push({ sql: `${at} < ${to}`, params: [] });
  if (!after) return conditions;
  const { createdAt } = after;
  const behind = { sql: `${at} <= ${createdAt} AND (${at} < ${createdAt} OR ${id} < ?)`, params: [after.id] };
  return [...conditions, behind];
}

function filters({ prefix, state, task, tags, isRoot }: NewestQuery): Condition[] {
  return [
    ...beginsWith('p.id', prefix),
    ...(state === undefined ? [] : [{ sql: 'p.state = ?', params: [state] }]),
    ...(task?.state === undefined ? [] : [{ sql: 'k.state = ?', params: [task.state] }]),
    ...tags.map(([name, value]) => hasTag(name, value)),
    ...(isRoot ? [{ sql: '(p.origin IS NULL OR p.origin = p.id)', params: [] }] : []),
  ];
}
