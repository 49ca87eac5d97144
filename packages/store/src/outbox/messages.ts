import type { ListenerRow, MessageRow, TaskRow } from '@resonate/machine';
import type { Dialect } from '../dialect.ts';
import { rewrite, updatesOf } from '../rewrite.ts';
import type { ListenerKey } from '../sql/conditions.ts';
import { text } from '../sql/read.ts';
import type { Statement } from '../sql/statement.ts';
import { LISTENER_KEYS, LISTENERS, TASKS } from '../tables.ts';

/** Which messages: ids of tasks, and keys of listeners. */
export interface MessageKeys {
  tasks: readonly string[];
  listeners: readonly ListenerKey[];
}

/** @param tasks rows with an id. @param listeners rows of `LISTENER_KEYS.list()`. */
export function messageKeys(tasks: unknown[][], listeners: unknown[][]): MessageKeys {
  return { tasks: tasks.map(([id]) => text(id)), listeners: LISTENER_KEYS.decodeAll(listeners) };
}

/** What to do to a locked row, by the rules in `packages/machine/src/delivery`. The same row: nothing. null: remove it. */
export interface MessageRules {
  task(task: TaskRow, now: number): TaskRow;
  listener(listener: ListenerRow, now: number): ListenerRow | null;
  /** Statements that run in the same transaction when listeners are removed. */
  also?(removed: readonly ListenerRow[], now: number): Statement[];
}

/** The most tasks in one transaction, and the most listeners, so that no lock is held for long. */
export const AT_ONCE = 200;

/** Locks tasks and returns rows of `TASKS.list()`. */
export function lockTasks({ plain: { words } }: Dialect, ids: readonly string[]): Statement {
  const keys = ids.map((id) => [id]);
  return words.rowsWithKeys(TASKS, keys, true);
}

/** Locks listeners and returns rows of `LISTENERS.list()`. */
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
  return rewrite(dialect, reads, (rows, now) => {
    const locked = [...rows];
    const tasksFound = tasks.length > 0 ? (locked.shift() ?? []) : [];
    const changedTasks = TASKS.decodeAll(tasksFound).flatMap((task) => changes(task, rules.task(task, now)));
    const changedListeners = updatesOf<ListenerRow>([]);
    const { updates, deletes } = changedListeners;
    for (const listener of LISTENERS.decodeAll(locked.shift())) {
      const after = rules.listener(listener, now);
      if (after === null) deletes.push(listener);
      else updates.push(...changes(listener, after));
    }
    return {
      changes: { tasks: updatesOf(changedTasks), listeners: changedListeners },
      also: deletes.length > 0 ? (rules.also?.(deletes, now) ?? []) : [],
      result: () => changedTasks.length + updates.length + deletes.length,
    };
  });
}

function changes<Row extends MessageRow>(before: Row, after: Row): Row[] {
  return after === before ? [] : [after];
}
