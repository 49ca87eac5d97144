import type { SqlValue } from '@resonate/drivers';
import { TAG_COLUMNS, tagIndexText } from '../tables.ts';

/** A condition with its parameters. */
export interface Condition {
  sql: string;
  params: SqlValue[];
}

/** `column = ?` */
export function is(column: string, value: SqlValue): Condition {
  return { sql: `${column} = ?`, params: [value] };
}

export function isAbove(column: string, value: SqlValue): Condition {
  return { sql: `${column} > ?`, params: [value] };
}

/** Rejected, canceled or timed out. */
export const HAS_FAILED: Condition = {
  sql: "p.state IN ('rejected', 'rejected_canceled', 'rejected_timedout')",
  params: [],
};
/** Promise `p` is a root: no other promise has called it. */
export const IS_ROOT = '(p.origin IS NULL OR p.origin = p.id)';

/** A condition without parameters. Values in it must be numbers, never texts of clients. */
export function that(sql: string): Condition {
  return { sql, params: [] };
}

/** The condition for a value, or no condition if the value is left out. */
export function given<T, Given = Condition>(value: T | null | undefined, condition: (value: T) => Given): Given[] {
  return value === null || value === undefined ? [] : [condition(value)];
}

export function allOf(conditions: readonly Condition[]): Condition {
  const sql = conditions.length > 0 ? conditions.map((condition) => condition.sql).join(' AND ') : '1 = 1';
  return { sql, params: conditions.flatMap(({ params }) => params) };
}

/** A column begins with `prefix`, as a range for which an index can be used. */
export function beginsWith(column: string, prefix: string): Condition[] {
  if (prefix === '') return [];
  const below = given(firstBeyond(prefix), (end) => ({ sql: `${column} < ?`, params: [end] }));
  return [{ sql: `${column} >= ?`, params: [prefix] }, ...below];
}

/**
 * Promise `p` has a tag. Only the beginning of a long tag is compared, because the index has no more.
 * @param noIndex prevents the planner from choosing the index of a tag's own column.
 */
export function hasTag(name: string, value: string, noIndex = (column: string) => column): Condition {
  const column = TAG_COLUMNS.get(name);
  if (column) return is(noIndex(`p.${column}`), value);
  // A scalar subquery, as planners may turn EXISTS into a join that begins with all promises of that tag.
  return {
    sql: '(SELECT 1 FROM promise_tags o WHERE o.name = ? AND o.value = ? AND o.promise_id = p.id) = 1',
    params: [tagIndexText(name), tagIndexText(value)],
  };
}

/** `?, ?, ?` */
export function places(values: readonly unknown[]): string {
  return values.map(() => '?').join(', ');
}

export interface ListenerKey {
  awaited: string;
  address: string;
}

const LAST_CODE_POINT = 0x10_ff_ff;
const SURROGATES = { first: 0xd8_00, beyond: 0xe0_00 };

/** The first text, in byte order, after all texts that begin with `prefix`; null if there is none. */
function firstBeyond(prefix: string): string | null {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  while (points.at(-1) === LAST_CODE_POINT) points.pop();
  const last = points.pop();
  if (last === undefined) return null;
  const next = last + 1 === SURROGATES.first ? SURROGATES.beyond : last + 1;
  return String.fromCodePoint(...points, next);
}
