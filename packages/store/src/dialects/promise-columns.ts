import { PROMISES } from '../tables.ts';

/**
 * Reading promises without the data of those that are too large. The database knows the length of a long text without
 * reading it, so what does not fit stays where it is.
 */

const COLUMNS = PROMISES.columns.filter(({ copy }) => !copy);
const LONG = COLUMNS.filter(({ type }) => type === 'json').map(({ name }) => name);
const FIRST_LONG = COLUMNS.findIndex(({ name }) => name === LONG[0]);

/** How many columns `promiseColumns` lists: behind them come those that a statement adds. */
export const PROMISE_COLUMN_COUNT = COLUMNS.length;

/**
 * The select list of promises `p`: what `PROMISES.decode` reads.
 * @param fits the SQL condition under which a row has its data; otherwise `isCut` is true of it.
 */
export function promiseColumns(fits: string): string {
  return COLUMNS.map(({ name }) => (LONG.includes(name) ? `CASE WHEN ${fits} THEN p.${name} END` : `p.${name}`)).join(
    ', ',
  );
}

/** SQL for the bytes of a promise's columns of any length. @param table the name or alias of the table. */
export function promiseBytes(table: string): string {
  return LONG.map((name) => `OCTET_LENGTH(${table}.${name})`).join(' + ');
}

/** Whether a row of `promiseColumns` came without its data. */
export function isCut(values: readonly unknown[]): boolean {
  return values[FIRST_LONG] === null;
}

/** The row as if it had come without its data. */
export function cut(values: readonly unknown[]): unknown[] {
  return values.with(FIRST_LONG, null);
}
