import type { PromiseQuery, TaskQuery } from '@resonate/machine';
import { promiseStatements, taskStatements, type Statement } from '../search-sql.ts';
import { inline } from './literal.ts';

/** An expression has no index. */
const noIndex = (column: string) => `COALESCE(${column})`;

/** Several indexes begin with the state; which one the optimizer takes follows from its statistics. */
const useIndex = (index: string) => ` FORCE INDEX (${index})`;

/** One statement per alternative; their answers are merged. */
export function promiseSearch(query: PromiseQuery): string[] {
  return promiseStatements(query, noIndex, useIndex).map(withValues);
}

export function taskSearch(query: TaskQuery): string[] {
  return taskStatements(query, noIndex, useIndex).map(withValues);
}

function withValues({ sql, params }: Statement): string {
  return inline(sql, params);
}
