import type { ListenerRow, TaskRow } from '@resonate/machine';
import type { Transport } from '@resonate/protocol';
import type { Statement } from '../sql/statement.ts';
import { oneOf, places } from '../sql/conditions.ts';
import type { PlainSql } from '../sql/plain-sql.ts';

/** Where messages queue. */
export interface Queue {
  transport: Transport;
  target: string;
}

const DEFERRED = 'deferred by ';

/** Stands in `claimed_by` of what a process has put off: when it is gone, that is given back as what it had claimed is. */
export function deferredBy(processId: string): string {
  return DEFERRED + processId;
}

/** Nobody has the message under way. */
export const NOT_UNDER_WAY = `(claimed_by IS NULL OR claimed_by LIKE '${DEFERRED}%')`;

/**
 * What `attempts` becomes when a message is claimed: the failures since the last success, with this attempt. A message
 * that is claimed again although nothing was recorded of it did not fail: a task was taken and not acquired yet, an
 * `unblock` is under way for long, or its process died. More than 1 in any case: it does not go out for the first time.
 */
export const ATTEMPTS_OF = {
  tasks: `CASE WHEN ${NOT_UNDER_WAY} THEN attempts + 1 ELSE 2 END`,
  listeners: `CASE WHEN ${NOT_UNDER_WAY} THEN attempts + 1 WHEN attempts < 2 THEN 2 ELSE attempts END`,
} as const;

/** The same for a row that was read before. */
export function attemptsOf({ claimedBy, attempts, ...row }: TaskRow | ListenerRow): number {
  if (claimedBy === null || claimedBy.startsWith(DEFERRED)) return attempts + 1;
  return 'id' in row ? 2 : Math.max(2, attempts);
}

/** So many messages in one statement: no lock is held for long. */
const AT_ONCE = 500;

/**
 * A message that failed more often comes by its own backoff: else one that is refused for good would use up its attempts
 * in no time, each time that others succeed.
 */
const MAX_RESUMED_ATTEMPTS = 10;

/**
 * Puts off what waits for a target that keeps failing, and brings it back. What is put off keeps the order of its age
 * as far as `forMs` allows: also when nobody brings it back.
 */
export class Deferral {
  readonly #sql: PlainSql;
  readonly #now: () => Promise<number>;
  readonly #mark: string;

  /** @param now the store's clock. */
  constructor(sql: PlainSql, now: () => Promise<number>, processId: string) {
    this.#sql = sql;
    this.#now = now;
    this.#mark = deferredBy(processId);
  }

  /** Everything that is due for the target now is due again in `forMs` at the latest. @returns how many messages. */
  async defer(queue: Queue, forMs: number): Promise<number> {
    const now = await this.#now();
    const since = 'COALESCE(enqueued_at, due_at)';
    const span = Math.floor(forMs / 2);
    const dueAt = `CASE WHEN ${now} - ${since} > ${span} THEN ${now + forMs - span} ELSE ${forMs} + ${since} END`;
    return this.#moveAll(queue, {
      which: `due_at <= ${now}`,
      set: `enqueued_at = ${since}, due_at = ${dueAt}, claimed_by = ?`,
      params: [this.#mark],
    });
  }

  /**
   * What was put off, or failed and waits for its turn, is due at once, as old as it is.
   * @param withinMs the longest that anything is put off for.
   */
  async resume(queue: Queue, withinMs: number): Promise<number> {
    const deferred = `${await this.#deferred(withinMs)} AND attempts < ${MAX_RESUMED_ATTEMPTS}`;
    return this.#moveAll(queue, { which: deferred, set: BROUGHT_BACK, params: [] });
  }

  /** The oldest of what was put off is due at once, those that failed often after all others. @returns how many: 0 or 1. */
  async resumeOne(queue: Queue, withinMs: number): Promise<number> {
    const which = await this.#deferred(withinMs);
    // In the order of the index, which is that of age as far as it goes: nothing is sorted.
    for (const chosen of [`${which} AND attempts < ${MAX_RESUMED_ATTEMPTS}`, which]) {
      for (const table of ['listeners', 'tasks'] as const) {
        if ((await this.#move(table, queue, { which: chosen, set: BROUGHT_BACK, params: [] }, 1)) > 0) return 1;
      }
    }
    return 0;
  }

  /** Not the delayed, which nobody has tried to deliver, nor what somebody holds. */
  async #deferred(withinMs: number): Promise<string> {
    const now = await this.#now();
    return `due_at > ${now} AND due_at <= ${now + withinMs} AND ${NOT_UNDER_WAY} AND enqueued_at < due_at`;
  }

  async #moveAll(queue: Queue, move: Move): Promise<number> {
    let moved = 0;
    for (const table of ['listeners', 'tasks'] as const) {
      for (;;) {
        const count = await this.#move(table, queue, move, AT_ONCE);
        moved += count;
        if (count < AT_ONCE) break;
      }
    }
    return moved;
  }

  async #move(
    table: 'listeners' | 'tasks',
    queue: Queue,
    { which, set, params: told }: Move,
    limit: number,
  ): Promise<number> {
    const { words } = this.#sql;
    const [from, keys] =
      table === 'tasks' ? [words.tasksByTarget, 'id'] : [words.listenersByTarget, 'awaited, address'];
    const find = `SELECT ${keys} FROM ${from} AND transport = ? AND target = ? AND ${which}
      ORDER BY due_at LIMIT ${limit}`;
    const [found = []] = await this.#sql.select([{ sql: find, params: [queue.transport, queue.target] }]);
    if (found.length === 0) return 0;
    // Found without a lock, then changed in the order of the keys, as every transaction locks them.
    const { where, params } = table === 'tasks' ? pendingTasks(found) : dueListeners(found);
    const sql = `UPDATE ${words.byKey(table)} SET ${set} WHERE ${where} AND ${which}`;
    await this.#sql.atomically([{ sql, params: [...told, ...params] }]);
    return found.length;
  }
}

const BROUGHT_BACK = 'due_at = enqueued_at, claimed_by = NULL';

interface Move {
  which: string;
  set: string;
  /** Of `set`. */
  params: string[];
}

type Condition = { where: string; params: Statement['params'] };

function pendingTasks(found: unknown[][]): Condition {
  const ids = found.map(([id]) => String(id)).sort();
  return { where: `id IN (${places(ids)}) AND state = 'pending'`, params: ids };
}

function dueListeners(found: unknown[][]): Condition {
  return oneOf(found.map(([awaited, address]) => ({ awaited: String(awaited), address: String(address) })));
}
