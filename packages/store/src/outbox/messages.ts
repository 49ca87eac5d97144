import { setTimeout as sleep } from 'node:timers/promises';
import type { ListenerRow, MessageRow, RowChanges, TaskRow } from '@resonate/machine';
import { BatchConflict, StoreUnavailable, type Dialect } from '../dialect.ts';
import type { ListenerKey } from '../sql/conditions.ts';
import type { OutboxWrites } from '../sql/outbox-sql.ts';
import type { Statement } from '../sql/statement.ts';
import { LISTENERS, TASKS } from '../tables.ts';

/** Which messages: ids of tasks, and keys of listeners. */
export interface MessageKeys {
  tasks: readonly string[];
  listeners: readonly ListenerKey[];
}

/** What becomes of a locked row: a rule of `packages/machine/src/delivery`. The same row: nothing. null: it is removed. */
export interface MessageRules {
  task(task: TaskRow, now: number): TaskRow;
  listener(listener: ListenerRow, now: number): ListenerRow | null;
  /** Statements that go with the listeners which are removed. */
  also?(removed: readonly ListenerRow[], now: number): Statement[];
}

/** So many rows in one transaction: no lock is held for long. */
const AT_ONCE = 200;
/** A transaction that lost against others this often is given up. */
const MAX_ATTEMPTS = 10;
/** From this attempt on it waits a moment, so that the competing transaction can finish. */
const PAUSE_FROM_ATTEMPT = 3;
const PAUSE_MS = 10;

/** Rows by `TASKS`. */
export function lockTasks({ plain: { words } }: Dialect, ids: readonly string[]): Statement {
  const keys = ids.map((id) => [id]);
  return words.rowsWithKeys(TASKS, keys, true);
}

/** Rows by `LISTENERS`. */
export function lockListeners({ plain: { words } }: Dialect, listeners: readonly ListenerKey[]): Statement {
  const keys = listeners.map(({ awaited, address }) => [awaited, address]);
  return words.rowsWithKeys(LISTENERS, keys, true);
}

/** Locks these messages, a few at a time, applies the rules and writes what changed. @returns how many rows changed. */
export async function rewriteMessages(dialect: Dialect, keys: MessageKeys, rules: MessageRules): Promise<number> {
  let changed = 0;
  const { tasks, listeners } = keys;
  for (let from = 0; from < Math.max(tasks.length, listeners.length); from += AT_ONCE) {
    const some = { tasks: tasks.slice(from, from + AT_ONCE), listeners: listeners.slice(from, from + AT_ONCE) };
    changed += await rewriteSome(dialect, some, rules);
  }
  return changed;
}

/** `rewriteMessages` for listeners alone. */
export function rewriteListeners(
  dialect: Dialect,
  listeners: readonly ListenerKey[],
  rules: Omit<MessageRules, 'task'>,
): Promise<number> {
  return rewriteMessages(dialect, { tasks: [], listeners }, { ...rules, task: (task) => task });
}

function rewriteSome(dialect: Dialect, { tasks, listeners }: MessageKeys, rules: MessageRules): Promise<number> {
  const reads = [
    ...(tasks.length > 0 ? [lockTasks(dialect, tasks)] : []),
    ...(listeners.length > 0 ? [lockListeners(dialect, listeners)] : []),
  ];
  return rewriteRepeatedly(dialect, reads, (rows, now) => {
    const locked = [...rows];
    const tasksFound = tasks.length > 0 ? (locked.shift() ?? []) : [];
    const changedTasks = TASKS.decodeAll(tasksFound).flatMap((task) => changes(task, rules.task(task, now)));
    const changedListeners: RowChanges<ListenerRow> = { inserts: [], updates: [], deletes: [] };
    for (const listener of LISTENERS.decodeAll(locked.shift())) {
      const after = rules.listener(listener, now);
      if (after === null) changedListeners.deletes.push(listener);
      else changedListeners.updates.push(...changes(listener, after));
    }
    const { updates, deletes } = changedListeners;
    return {
      tasks: changedTasks,
      listeners: changedListeners,
      also: deletes.length > 0 ? (rules.also?.(deletes, now) ?? []) : [],
      result: () => changedTasks.length + updates.length + deletes.length,
    };
  });
}

function changes<Row extends MessageRow>(before: Row, after: Row): Row[] {
  return after === before ? [] : [after];
}

/** `Dialect.rewrite`, repeated while nothing was committed. */
export async function rewriteRepeatedly<Result>(
  dialect: Dialect,
  reads: readonly Statement[],
  decide: (rows: unknown[][][], now: number) => OutboxWrites<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await dialect.rewrite(reads, decide);
    } catch (error) {
      if (!(error instanceof BatchConflict)) throw error;
      if (attempt >= MAX_ATTEMPTS) throw new StoreUnavailable(error.message);
      if (attempt >= PAUSE_FROM_ATTEMPT) await sleep(PAUSE_MS);
    }
  }
}
