import type { TaskRow } from '@resonate/machine';
import type { PlainSql } from '../sql/plain-sql.ts';
import { allOf, beginsWith, given, is, isAbove, that, type Condition } from '../sql/conditions.ts';
import { BRIEF_COLUMNS, BRIEF_LENGTH, briefPromise, TASK_COLUMNS, taskOf, type BriefPromise } from './rows.ts';
import { textOrNull } from '../sql/read.ts';

export interface GraphQuery {
  root: string;
  /** Shows only ids with this prefix, and the root if it has no origin; '' for all. The caller checks who may see the root. */
  prefix: string;
  /** The page begins after this id. */
  after: string | null;
  /** Only promises that may have changed since then, by the store's clock. */
  since: number | null;
  limit: number;
}

export interface GraphRow extends BriefPromise {
  parent: string | null;
  branch: string | null;
  task: TaskRow | null;
  /** The promises that its task waits for. */
  awaits: string[];
}

export interface GraphPage {
  nodes: GraphRow[];
  /** The next page begins after this id; null: this was the last page. */
  after: string | null;
}

/** Transactions that ran at `since` may commit rows with earlier times. So it reads this much further back. */
const OVERLAP_MS = 5_000;
/** Limits of one page: its edges, and the characters of the ids of edges and nodes. */
const MAX_EDGES = 10_000;
const MAX_ID_CHARACTERS = 2_000_000;
const IDS_AT_ONCE = 500;

/** Promises of one origin in byte order of id, and the root itself, which may have no origin. */
export async function readGraph(sql: PlainSql, query: GraphQuery, now: number): Promise<GraphPage> {
  const { root, prefix, after, since, limit } = query;
  const of = `SELECT ${BRIEF_COLUMNS}, p.parent, p.branch, ${TASK_COLUMNS} FROM promises p`;
  const tasks = 'LEFT JOIN tasks k ON k.id = p.id';
  const members = allOf([
    is('p.origin', root),
    ...beginsWith('p.id', prefix),
    ...given(after, (last) => isAbove('p.id', last)),
    ...changedSince(since, now),
  ]);
  const at = sql.words.useIndex('promises_origin');
  const itself = allOf([{ sql: 'p.id = ? AND p.origin IS NULL', params: [root] }, ...changedSince(since, now)]);
  const statements = [
    { sql: `${of}${at} ${tasks} WHERE ${members.sql} ORDER BY p.id LIMIT ${limit + 1}`, params: members.params },
    ...(after === null ? [{ sql: `${of} ${tasks} WHERE ${itself.sql}`, params: itself.params }] : []),
  ];
  const [found = [], roots = []] = await sql.select(statements);
  const page = found.slice(0, Math.min(limit, fitting(found)));
  const nodes = [...roots, ...page].map((values) => node(values, now));
  await addEdges(sql, nodes);
  return { nodes, after: found.length > page.length ? String(page.at(-1)?.[0]) : null };
}

/** True if this promise exists, or if another one has it as its origin. */
export async function hasGraph(sql: PlainSql, root: string): Promise<boolean> {
  const results = await sql.select([
    { sql: 'SELECT 1 FROM promises WHERE id = ?', params: [root] },
    { sql: `SELECT 1 FROM promises${sql.words.useIndex('promises_origin')} WHERE origin = ? LIMIT 1`, params: [root] },
  ]);
  return results.some((rows) => rows.length > 0);
}

/** Includes promises that expired since then, and all pending ones with a task: a task does not say when it changed. */
function changedSince(since: number | null, now: number): Condition[] {
  if (since === null) return [];
  const from = since - OVERLAP_MS;
  const times = `p.created_at >= ${from} OR p.settled_at >= ${from} OR (p.timeout_at >= ${from} AND p.timeout_at <= ${now})`;
  return [that(`(${times} OR (p.state = 'pending' AND k.id IS NOT NULL))`)];
}

function node(values: readonly unknown[], now: number): GraphRow {
  const [parent, branch] = values.slice(BRIEF_LENGTH);
  return {
    ...briefPromise(values, now),
    parent: textOrNull(parent),
    branch: textOrNull(branch),
    task: taskOf(values.slice(BRIEF_LENGTH + 2), now),
    awaits: [],
  };
}

/** How many rows fit on a page. Clients choose names and addresses, so these may be long. */
function fitting(rows: readonly (readonly unknown[])[]): number {
  let room = MAX_ID_CHARACTERS;
  const beyond = rows.findIndex((values) => {
    for (const value of values) if (typeof value === 'string') room -= value.length;
    return room < 0;
  });
  return beyond < 0 ? rows.length : Math.max(beyond, 1);
}

/** Adds the promises that each task waits for. A fulfilled task waits for none. */
async function addEdges(sql: PlainSql, nodes: readonly GraphRow[]): Promise<void> {
  const awaiter = sql.words.byAwaiter('awaiter');
  const waiting = nodes.filter(({ task }) => task !== null && task.state !== 'fulfilled');
  const byId = new Map(waiting.map((one) => [one.id, one]));
  const ids = [...byId.keys()];
  let edges = MAX_EDGES;
  let room = MAX_ID_CHARACTERS;
  for (let from = 0; from < ids.length && edges > 0 && room > 0; from += IDS_AT_ONCE) {
    const some = sql.words.among(awaiter, ids.slice(from, from + IDS_AT_ONCE));
    const text = `SELECT awaiter, awaited FROM callbacks${sql.words.useIndex('callbacks_awaiter')}
      WHERE ${some.sql} ORDER BY ${awaiter} LIMIT ${edges}`;
    const [rows = []] = await sql.select([{ sql: text, params: some.params }]);
    edges -= rows.length;
    for (const [awaiter, awaited] of rows) {
      room -= String(awaited).length;
      if (room > 0) byId.get(String(awaiter))?.awaits.push(String(awaited));
    }
  }
}
