import type { SqlValue } from '../../sql/table.ts';

/**
 * All values travel inside the statements (several go in one round trip, which prepared statements can't), and every
 * text among them passes through here. Doubling both characters is safe whatever the server's sql_mode says of
 * backslashes: a quote can never end the literal.
 */
export function quote(text: string): string {
  return `'${/['\\]/.test(text) ? text.replace(/['\\]/g, (character) => character + character) : text}'`;
}

function literal(value: SqlValue): string {
  if (value === null) return 'NULL';
  return typeof value === 'number' ? String(value) : quote(value);
}

/** `('a', 'b')` in the order given: what IN and ROW comparisons take. */
export function list(values: Iterable<SqlValue>): string {
  return `(${Array.from(values, literal).join(', ')})`;
}

/** The server's clock when the statement began, epoch ms; sessions are in UTC. */
export const NOW = 'CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)';

/** Puts parameters in the place of question marks; a statement with parameters must hold none in a text. */
export function inline(sql: string, params: readonly SqlValue[]): string {
  if (params.length === 0) return sql;
  let index = 0;
  return sql.replace(/\?/g, () => literal(params[index++] ?? null));
}
