import type { PromiseAlternative, PromiseQuery, TaskAlternative, TaskQuery } from '@resonate/machine';
import { columnList, PROMISES, TAG_COLUMNS, tagIndexText, TASKS, type SqlValue } from '../tables.ts';

/**
 * The SQL of searches, shared by all dialects, with `?` for parameters. A query with several alternatives becomes
 * one statement each, so that each walks its own index; the caller merges them (`mergeById`).
 */
export interface Statement {
  sql: string;
  params: SqlValue[];
}

/** How a dialect says "filter by this column, but don't choose its index". */
export type NoIndex = (column: string) => string;

/** How a dialect tells its planner which index to walk, after the table's name; empty where it finds out by itself. */
export type UseIndex = (index: string) => string;
const anyIndex: UseIndex = () => '';

export function promiseStatements(query: PromiseQuery, noIndex: NoIndex, useIndex = anyIndex): Statement[] {
  return (query.anyOf ?? [null]).map((alternative) => promiseStatement(query, alternative, noIndex, useIndex));
}

function promiseStatement(
  query: PromiseQuery,
  alternative: PromiseAlternative | null,
  noIndex: NoIndex,
  useIndex: UseIndex,
): Statement {
  const where: string[] = [];
  const params: SqlValue[] = [];
  const filter = (condition: string, ...values: SqlValue[]) => {
    where.push(condition);
    params.push(...values);
  };
  const tags = Object.entries(query.tags);
  const inColumns = tags.filter(([name]) => TAG_COLUMNS.has(name));
  const inTable = tags.filter(([name]) => !TAG_COLUMNS.has(name));
  // The first lineage tag leads, else the first other tag, else the state, else the ids themselves.
  const lead = inColumns.length > 0 ? undefined : inTable[0];
  const byState = alternative && (alternative.expired ? 'timeout' : 'state');
  const index = inColumns[0] ? TAG_COLUMNS.get(inColumns[0][0]) : byState;
  const promises = index ? `promises p${useIndex(`promises_${index}`)}` : 'promises p';
  const from = lead ? 'promise_tags t JOIN promises p ON p.id = t.promise_id' : promises;
  const id = lead ? 't.promise_id' : 'p.id';

  inColumns.forEach(([name, value], index) => {
    const column = `p.${TAG_COLUMNS.get(name)}`;
    filter(`${index === 0 ? column : noIndex(column)} = ?`, value);
  });
  if (lead) filter('t.name = ? AND t.value = ?', tagIndexText(lead[0]), tagIndexText(lead[1]));
  for (const [name, value] of lead ? inTable.slice(1) : inTable) {
    const exists = 'EXISTS (SELECT 1 FROM promise_tags o WHERE o.promise_id = p.id AND o.name = ? AND o.value = ?)';
    filter(exists, tagIndexText(name), tagIndexText(value));
  }
  if (alternative) {
    const state = tags.length > 0 ? noIndex('p.state') : 'p.state';
    filter(`${state} = ?`, alternative.state);
    if (alternative.live) filter(`${noIndex('p.timeout_at')} > ?`, alternative.live.now);
    if (alternative.expired) {
      filter('p.timeout_at <= ? AND p.is_timer = ?', alternative.expired.now, alternative.expired.timer ? 1 : 0);
    }
  }
  if (query.after !== null) filter(`${id} > ?`, query.after);
  const condition = where.length > 0 ? ` WHERE ${where.join(' AND ')}` : '';
  const sql = `SELECT ${columnList(PROMISES, 'p')} FROM ${from}${condition} ORDER BY ${id} LIMIT ?`;
  return { sql, params: [...params, query.limit] };
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
  const where: string[] = [];
  const params: SqlValue[] = [];
  let from = alternative && alternative.state !== null ? `tasks k${useIndex('tasks_state')}` : 'tasks k';
  if (alternative?.expired) {
    // Promises that ran out and are not written down as settled yet: few, found by their timer.
    from = `promises p${useIndex('promises_timeout')} JOIN tasks k ON k.id = p.id`;
    where.push("p.state = 'pending' AND p.timeout_at <= ?");
    params.push(alternative.expired.now);
  }
  if (alternative && alternative.state !== null) {
    where.push('k.state = ?');
    params.push(alternative.state);
  }
  if (alternative?.live) {
    where.push(`${noIndex('k.timeout_at')} > ?`);
    params.push(alternative.live.now);
  }
  const id = alternative?.expired ? 'p.id' : 'k.id';
  if (query.after !== null) {
    where.push(`${id} > ?`);
    params.push(query.after);
  }
  const condition = where.length > 0 ? ` WHERE ${where.join(' AND ')}` : '';
  const sql = `SELECT ${columnList(TASKS, 'k')} FROM ${from}${condition} ORDER BY ${id} LIMIT ?`;
  return { sql, params: [...params, query.limit] };
}

/** The first `limit` rows of several lists in byte order of id. */
export function mergeById<Row extends { id: string }>(lists: Row[][], limit: number): Row[] {
  if (lists.length === 1 && lists[0]) return lists[0];
  return lists
    .flat()
    .sort((a, b) => Buffer.compare(Buffer.from(a.id), Buffer.from(b.id)))
    .slice(0, limit);
}
