import { projectPromise, promiseRecord, type ListenerRow, type TaskRow } from '@resonate/machine';
import type { PromiseRecord, PromiseState } from '@resonate/protocol';
import type { PlainSql } from '../sql/plain-sql.ts';
import { DEAD_LETTERS, LISTENERS, PROMISES, type StoredDeadLetter } from '../tables.ts';
import { functionName } from '../function-name.ts';
import { BRIEF_COLUMNS, briefPromise, TASK_COLUMNS, taskOf } from './rows.ts';

export interface OtherPromise {
  id: string;
  /** null: the promise does not exist any more. */
  state: PromiseState | null;
}

/** One promise with everything that belongs to it. Each list has at most `limit` entries, in order of id or address. */
export interface Detail {
  promise: PromiseRecord;
  function: string | undefined;
  task: TaskRow | null;
  /** Callers in other call graphs. */
  calledBy: OtherPromise[];
  awaitedBy: OtherPromise[];
  awaits: OtherPromise[];
  listeners: ListenerRow[];
  deadLetters: StoredDeadLetter[];
  /** At least one of the lists is incomplete. */
  more: boolean;
}

export async function readDetail(sql: PlainSql, id: string, limit: number, now: number): Promise<Detail | null> {
  const one = (text: string) => ({ sql: text, params: [id] });
  const ends = `LIMIT ${limit + 1}`;
  const [promises = [], tasks = [], ...lists] = await sql.select([
    one(`SELECT ${PROMISES.list()} FROM promises WHERE id = ?`),
    one(`SELECT ${TASK_COLUMNS} FROM tasks k WHERE k.id = ?`),
    one(`SELECT ${LISTENERS.list()} FROM listeners WHERE awaited = ? ORDER BY address ${ends}`),
    one(`SELECT ${DEAD_LETTERS.list()} FROM dead_letters${sql.words.useIndex('dead_letters_awaited')}
      WHERE awaited = ? ORDER BY id ${ends}`),
    one(`SELECT c.awaited, ${BRIEF_COLUMNS} FROM callbacks c${sql.words.useIndex('callbacks_awaiter')}
      LEFT JOIN promises p ON p.id = c.awaited WHERE ${sql.words.byAwaiter('c.awaiter')} = ? ORDER BY c.awaited ${ends}`),
    one(`SELECT c.awaiter, ${BRIEF_COLUMNS} FROM callbacks c
      LEFT JOIN promises p ON p.id = c.awaiter WHERE c.awaited = ? ORDER BY c.awaiter ${ends}`),
    one(`SELECT c.caller, ${BRIEF_COLUMNS} FROM calls c
      LEFT JOIN promises p ON p.id = c.caller WHERE c.called = ? ORDER BY c.caller ${ends}`),
  ]);
  if (!promises[0]) return null;
  const row = projectPromise(PROMISES.decode(promises[0]), now);
  const [listeners = [], deadLetters = [], awaits = [], awaitedBy = [], calledBy = []] = lists.map((rows) =>
    rows.slice(0, limit),
  );
  const other = (values: unknown[]): OtherPromise => ({
    id: String(values[0]),
    state: values[1] === null ? null : briefPromise(values.slice(1), now).state,
  });
  return {
    promise: promiseRecord(row, now),
    function: functionName(row.param),
    task: tasks[0] ? taskOf(tasks[0], now) : null,
    calledBy: calledBy.map(other),
    awaitedBy: awaitedBy.map(other),
    awaits: awaits.map(other),
    listeners: LISTENERS.decodeAll(listeners),
    deadLetters: DEAD_LETTERS.decodeAll(deadLetters),
    more: lists.some((rows) => rows.length > limit),
  };
}
