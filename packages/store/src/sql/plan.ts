import type { PromiseState, TaskState } from '@resonate/protocol';
import { TAG_COLUMNS, tagIndexText } from '../tables.ts';
import { HAS_FAILED, is, type Condition } from './conditions.ts';
import type { PlainSql } from './plain-sql.ts';
import type { Statement } from './statement.ts';
import type { Words } from './words.ts';

/**
 * Which index a search walks along. A search by several conditions can follow the index of one of them and has to look at
 * each row for the others: at a million rows in the worst case. So the first rows of each are counted before (`bestOf`).
 */

/** The condition whose index finds the promises of a search, in the order of their ids. */
export type Lead =
  | { by: 'id' }
  | { by: 'state'; state: PromiseState }
  | { by: 'failed' }
  | { by: 'tag'; name: string; value: string }
  | { by: 'task'; state: TaskState }
  | { by: 'function'; name: string }
  /** Promises that ran out and are not written down as settled yet: few, found by their timer. */
  | { by: 'timeout'; now: number };

/** How the rows of a lead are found. */
export interface Path {
  /** What follows `FROM`: promise `p`, and task `k` where the lead is one of tasks. */
  from: string;
  /** The same without a join, to count. */
  alone: string;
  /** The promise's id, in the index that is walked. */
  id: string;
  where: Condition[];
}

export function pathOf(lead: Lead, { useIndex, noIndex }: Words): Path {
  const alongPromises = (index: string, ...where: Condition[]): Path => {
    const from = `promises p${useIndex(index)}`;
    return { from, alone: from, id: 'p.id', where };
  };
  switch (lead.by) {
    case 'id':
      return { from: 'promises p', alone: 'promises p', id: 'p.id', where: [] };
    case 'state':
      return alongPromises('promises_state', is('p.state', lead.state));
    case 'failed':
      return alongPromises('promises_state', HAS_FAILED);
    case 'timeout': {
      const ranOut = { sql: "p.state = 'pending' AND p.timeout_at <= ?", params: [lead.now] };
      // Sorted afterwards: planners that may walk by id instead do, through all that is pending.
      return { ...alongPromises('promises_timeout', ranOut), id: noIndex('p.id') };
    }
    case 'function':
      return alongPromises('promises_func', is('p.func', lead.name));
    case 'task': {
      const alone = `tasks k${useIndex('tasks_state')}`;
      const where = [is('k.state', lead.state)];
      return { from: `${alone} JOIN promises p ON p.id = k.id`, alone, id: 'k.id', where };
    }
    case 'tag': {
      const column = TAG_COLUMNS.get(lead.name);
      if (column) return alongPromises(`promises_${column}`, is(`p.${column}`, lead.value));
      const where = [is('t.name', tagIndexText(lead.name)), is('t.value', tagIndexText(lead.value))];
      const from = 'promise_tags t JOIN promises p ON p.id = t.promise_id';
      return { from, alone: 'promise_tags t', id: 't.promise_id', where };
    }
  }
}

/** How options are compared: by the counts that one statement each answers. */
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
