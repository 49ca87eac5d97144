import type { SqlValue } from '../sql-value.ts';

/**
 * Quotes a text. All values are written into the statements, because prepared statements cannot share a round trip.
 * Quotes and backslashes are doubled. This is safe with and without NO_BACKSLASH_ESCAPES in sql_mode: a quote in the text
 * never ends the literal.
 */
export function quote(text: string): string {
  return `'${/['\\]/.test(text) ? text.replace(/['\\]/g, (character) => character + character) : text}'`;
}

function literal(value: SqlValue): string {
  if (value === null) return 'NULL';
  return typeof value === 'number' ? String(value) : quote(value);
}

/** `('a', 'b')`, for IN and VALUES. */
export function list(values: Iterable<SqlValue>): string {
  return `(${Array.from(values, literal).join(', ')})`;
}

/** The server's clock when the statement began, epoch ms; sessions are in UTC. */
export const NOW = 'CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)';

/** Replaces each `?` by a parameter. A statement with parameters must not have a `?` inside a literal. */
export function inline(sql: string, params: readonly SqlValue[]): string {
  if (params.length === 0) return sql;
  let index = 0;
  return sql.replace(/\?/g, () => literal(params[index++] ?? null));
}
