import type { ListenerRow } from '@resonate/machine';
import { HAS_FAILED } from '../sql/conditions.ts';
import type { PlainSql } from '../sql/plain-sql.ts';
import { DEAD_LETTERS, LISTENERS, type StoredDeadLetter } from '../tables.ts';
import { errorMessageOf, VALUE_HEAD } from './error-message.ts';
import { BRIEF_COLUMNS, BRIEF_LENGTH, briefPromise, type BriefPromise } from './rows.ts';

/** A promise that was rejected, canceled or timed out. */
export interface FailedPromise extends BriefPromise {
  error: string | undefined;
}

export interface PromiseOutcome {
  error: string | undefined;
  /** Its children that failed: those that it called itself, in order of id. */
  failed: FailedPromise[];
  /** Notifications that wait, and those that could not be delivered. */
  listeners: ListenerRow[];
  deadLetters: StoredDeadLetter[];
}

/** Limits: children that are read, failed ones that are shown, listeners, dead letters. */
const MAX_CHILDREN = 1_000;
const MAX_FAILED = 100;
const MAX_LISTENERS = 100;
const MAX_DEAD_LETTERS = 10;

/**
 * How a settled promise ended. Four statements, which read by key or along an index: 1 promise, at most 1,000 children,
 * 100 listeners and 10 dead letters.
 */
export async function readOutcome(sql: PlainSql, id: string, now: number): Promise<PromiseOutcome> {
  const one = (text: string) => ({ sql: text, params: [id] });
  const head = `SUBSTR(p.value, 1, ${VALUE_HEAD})`;
  const children = `SELECT id FROM promises${sql.words.useIndex('promises_parent')} WHERE parent = ? ORDER BY id LIMIT ${MAX_CHILDREN}`;
  const [[own] = [], failed = [], listeners = [], deadLetters = []] = await sql.select([
    one(`SELECT ${head} FROM promises p WHERE p.id = ?`),
    one(`SELECT ${BRIEF_COLUMNS}, ${head} FROM (${children}) AS w CROSS JOIN ${sql.words.byKey('promises p')}
      WHERE p.id = w.id AND ${HAS_FAILED.sql} ORDER BY w.id LIMIT ${MAX_FAILED}`),
    one(`SELECT ${LISTENERS.list()} FROM listeners WHERE awaited = ? ORDER BY address LIMIT ${MAX_LISTENERS}`),
    one(`SELECT ${DEAD_LETTERS.list()} FROM dead_letters${sql.words.useIndex('dead_letters_awaited')}
      WHERE awaited = ? ORDER BY id LIMIT ${MAX_DEAD_LETTERS}`),
  ]);
  return {
    error: own && errorMessageOf(String(own[0])),
    failed: failed.map((values) => ({
      ...briefPromise(values, now),
      error: errorMessageOf(String(values[BRIEF_LENGTH])),
    })),
    listeners: LISTENERS.decodeAll(listeners).filter(({ dueAt }) => dueAt !== null),
    deadLetters: DEAD_LETTERS.decodeAll(deadLetters),
  };
}
