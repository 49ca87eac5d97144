import type { PromiseState, TaskState } from '@resonate/protocol';
import { TAG_COLUMNS, tagIndexText } from '../tables.ts';
import { HAS_FAILED, is, type Condition } from './conditions.ts';
import type { PlainSql } from './plain-sql.ts';
import type { Statement } from './statement.ts';
import type { Words } from './words.ts';

/**
 * Which index a search walks along. A search with several filters can use the index of one of them only, and has to check
 * the others on each row: in the worst case on a million rows. So it first counts a few rows of each filter (`bestOf`).
 */

/**
 * A filter of a search that has an index. Most of these indexes give the promises in the order of their ids; those for
 * `failed`, `function` and `timeout` do not.
 */
export type IndexedFilter =
  | { by: 'id' }
  | { by: 'state'; state: PromiseState }
  | { by: 'failed' }
  | { by: 'tag'; name: string; value: string }
  | { by: 'task'; state: TaskState }
  | { by: 'function'; name: string }
  /** Pending promises whose timeout has passed. They are few, because the scheduler settles them. */
  | { by: 'timeout'; now: number };

/** How the rows that meet a filter are found. */
export interface Path {
  /** What follows `FROM`: promise `p`, and task `k` if the filter is about tasks. */
  from: string;
  /** The same without a join, to count. */
  alone: string;
  /** The promise's id, in the index that is walked. */
  id: string;
  where: Condition[];
}

export function pathOf(filter: IndexedFilter, { useIndex, noIndex }: Words): Path {
  const alongPromises = (index: string, ...where: Condition[]): Path => {
    const from = `promises p${useIndex(index)}`;
    return { from, alone: from, id: 'p.id', where };
  };
  switch (filter.by) {
    case 'id':
      return { from: 'promises p', alone: 'promises p', id: 'p.id', where: [] };
    case 'state':
      return alongPromises('promises_state', is('p.state', filter.state));
    case 'failed':
      return alongPromises('promises_state', HAS_FAILED);
    case 'timeout': {
      const ranOut = { sql: "p.state = 'pending' AND p.timeout_at <= ?", params: [filter.now] };
      // `noIndex`: the rows are sorted afterwards. A planner that could walk by id would read all pending promises.
      return { ...alongPromises('promises_timeout', ranOut), id: noIndex('p.id') };
    }
    case 'function':
      return alongPromises('promises_func', is('p.func', filter.name));
    case 'task': {
      const alone = `tasks k${useIndex('tasks_state')}`;
      const where = [is('k.state', filter.state)];
      return { from: `${alone} JOIN promises p ON p.id = k.id`, alone, id: 'k.id', where };
    }
    case 'tag': {
      const column = TAG_COLUMNS.get(filter.name);
      if (column) return alongPromises(`promises_${column}`, is(`p.${column}`, filter.value));
      const where = [is('t.name', tagIndexText(filter.name)), is('t.value', tagIndexText(filter.value))];
      const from = 'promise_tags t JOIN promises p ON p.id = t.promise_id';
      return { from, alone: 'promise_tags t', id: 't.promise_id', where };
    }
  }
}

/** How options are compared: the statement of `ask` counts something for an option, and `rate` rates these counts. */
export interface Rating<Option> {
  ask(option: Option): Statement;
  rate(counts: readonly number[]): number;
}

/** The option with the highest rate, the first of equals; null without any. One round trip. */
export async function bestOf<Option>(
  options: readonly Option[],
  select: PlainSql['select'],
  { ask, rate }: Rating<Option>,
): Promise<{ option: Option; rate: number } | null> {
  if (options.length === 0) return null;
  const answers = await select(options.map(ask));
  const rated = options.map((option, index) => ({ option, rate: rate((answers[index]?.[0] ?? []).map(Number)) }));
  return rated.reduce((best, other) => (other.rate > best.rate ? other : best));
}
