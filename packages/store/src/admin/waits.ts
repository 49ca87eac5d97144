import type { TaskRow } from '@resonate/machine';
import type { PlainSql } from '../sql/plain-sql.ts';
import { textOrNull } from '../sql/read.ts';
import { BRIEF_COLUMNS, BRIEF_LENGTH, briefPromise, TASK_COLUMNS, taskOf, type BriefPromise } from './rows.ts';

/** A promise of a chain of waits, with its task. */
export interface WaitingPromise extends BriefPromise {
  /** The promise whose task runs it, if it has no task of its own. */
  branch: string | null;
  task: TaskRow | null;
}

export interface Waits {
  promise: WaitingPromise;
  /** The promises that its task waits for, in order of id. */
  awaits: WaitingPromise[];
  /** There are more than these. */
  more: boolean;
}

const COLUMNS = `${BRIEF_COLUMNS}, p.branch, ${TASK_COLUMNS}`;

/**
 * A promise, and what its task waits for. Two statements, which read by key: 1 promise and its task, and at most
 * `limit` + 1 callbacks, each with its promise and task. @returns null: there is no such promise.
 */
export async function readWaits(sql: PlainSql, id: string, limit: number, now: number): Promise<Waits | null> {
  // `byKey` forces the primary key: MySQL 9.7 would read the whole table while it is small.
  const tasks = sql.words.byKey('tasks k');
  const [own = [], awaited = []] = await sql.select([
    { sql: `SELECT ${COLUMNS} FROM promises p LEFT JOIN ${tasks} ON k.id = p.id WHERE p.id = ?`, params: [id] },
    {
      sql: `SELECT ${COLUMNS} FROM callbacks c${sql.words.useIndex('callbacks_awaiter')}
        JOIN promises p ON p.id = c.awaited LEFT JOIN ${tasks} ON k.id = p.id
        WHERE ${sql.words.byAwaiter('c.awaiter')} = ? ORDER BY c.awaited LIMIT ${limit + 1}`,
      params: [id],
    },
  ]);
  if (!own[0]) return null;
  return {
    promise: waitingPromise(own[0], now),
    awaits: awaited.slice(0, limit).map((values) => waitingPromise(values, now)),
    more: awaited.length > limit,
  };
}

/** The tasks of these promises, by id, in one read by key. */
export async function readTasks(
  { select, words }: PlainSql,
  ids: string[],
  now: number,
): Promise<ReadonlyMap<string, TaskRow>> {
  if (ids.length === 0) return new Map();
  const these = words.among('k.id', ids);
  const sql = `SELECT ${TASK_COLUMNS} FROM ${words.byKey('tasks k')} WHERE ${these.sql}`;
  const [rows = []] = await select([{ sql, params: these.params }]);
  return new Map(rows.flatMap((row) => taskOf(row, now) ?? []).map((task) => [task.id, task]));
}

function waitingPromise(values: readonly unknown[], now: number): WaitingPromise {
  return {
    ...briefPromise(values, now),
    branch: textOrNull(values[BRIEF_LENGTH]),
    task: taskOf(values.slice(BRIEF_LENGTH + 1), now),
  };
}
