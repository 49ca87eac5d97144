import type { TaskState } from '@resonate/protocol';
import type { PlainSql } from '../sql/plain-sql.ts';
import { allOf, beginsWith, HAS_FAILED, IS_ROOT, is } from '../sql/conditions.ts';
import type { Statement } from '../sql/statement.ts';

/** Tasks by state and failed workflows, for the dashboard. Each number counts up to `MOST_COUNTED`. */
export interface Counts {
  /** Tasks that a worker holds, that wait for a worker, and that wait for a promise. */
  running: number;
  waiting: number;
  suspended: number;
  /** Workflows that were rejected, canceled or timed out, among the failed promises that were read. */
  failed: number;
  /** There may be more failed promises than were read. */
  isFailedCut: boolean;
}

/** Counting reads each of these index entries, so it stops at this number. */
export const MOST_COUNTED = 1_000;

/** @param prefix only ids that begin with it; '' for all. */
export async function readCounts({ select, words }: PlainSql, prefix: string): Promise<Counts> {
  const tasksIn = (state: TaskState): Statement => {
    const { sql, params } = allOf([is('k.state', state), ...beginsWith('k.id', prefix)]);
    const some = `SELECT 1 FROM tasks k${words.useIndex('tasks_state')} WHERE ${sql} LIMIT ${MOST_COUNTED}`;
    return { sql: `SELECT COUNT(*) FROM (${some}) AS first`, params };
  };
  const failed = allOf([HAS_FAILED, ...beginsWith('p.id', prefix)]);
  const some = `SELECT CASE WHEN ${IS_ROOT} THEN 1 ELSE 0 END AS root
    FROM promises p${words.useIndex('promises_state')} WHERE ${failed.sql} LIMIT ${MOST_COUNTED}`;
  const rows = await select([
    tasksIn('acquired'),
    tasksIn('pending'),
    tasksIn('suspended'),
    { sql: `SELECT COALESCE(SUM(root), 0), COUNT(*) FROM (${some}) AS first`, params: failed.params },
  ]);
  const number = (statement: number, column = 0) => Number(rows[statement]?.[0]?.[column] ?? 0);
  return {
    running: number(0),
    waiting: number(1),
    suspended: number(2),
    failed: number(3),
    isFailedCut: number(3, 1) >= MOST_COUNTED,
  };
}
