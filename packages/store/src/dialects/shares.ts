import { getHeapStatistics } from 'node:v8';
import type { Needs } from '@resonate/machine';
import { TooMuchAtOnce, type Dialect } from '../dialect.ts';
import { int } from '../sql/read.ts';
import type { Table } from '../sql/table.ts';
import { PROMISES, SCHEDULES } from '../tables.ts';

/**
 * Requests are small, but each promise or schedule that they name may have megabytes. Without a bound, 256 reads in one batch
 * would load half a gigabyte. So each of these rows gets a share of these bytes, and the database compares it with the length
 * of the row before it sends the row. If one row is larger, nothing is loaded. Then the engine asks for the total size of the
 * batch, and runs it whole or in halves.
 */
export const BATCH_BYTES = 16 << 20;
/** The bytes that one purpose may take of the heap: an eighth, because decoding and answering multiply what is held. */
export const HEAP_SHARE_BYTES = getHeapStatistics().heap_size_limit / 8;
/** Up to this many rows are loaded whatever their size. */
const FEW = 4;

/** The bytes that each promise and schedule of a batch may have. */
export function shareOf({ promises, schedules, loadsAll }: Needs): number {
  const rows = promises.size + schedules.size;
  return loadsAll || rows <= FEW ? Number.MAX_SAFE_INTEGER : Math.floor(BATCH_BYTES / rows);
}

/** A table whose rows may be large. */
export type Sized = Pick<Table<never>, 'name' | 'bytes' | 'listIf'>;

/** The select list of rows `t`. @param share SQL: a row with more bytes has null in the columns that may be large. */
export function sharedList(table: Sized, share: string): string {
  return table.listIf(`${table.bytes('t')} <= ${share}`, 't');
}

/** Decodes rows of `sharedList`. @throws TooMuchAtOnce if one is larger than its share. */
export function decodeShared<Row>(table: Table<Row>, rows: readonly (readonly unknown[])[]): Row[] {
  return rows.map((values) => {
    if (!table.isWhole(values)) throw new TooMuchAtOnce();
    return table.decode(values);
  });
}

/** How many ids one statement names. */
const IDS_AT_ONCE = 500;

/** The total size of the promises and schedules. Only MySQL and MariaDB read the texts to know their lengths. */
export async function bytesOf({ plain }: Dialect, { promises, schedules }: Needs): Promise<number> {
  let bytes = 0;
  for (const [table, ids] of [[PROMISES, [...promises]] as const, [SCHEDULES, [...schedules]] as const]) {
    for (let from = 0; from < ids.length; from += IDS_AT_ONCE) {
      const these = plain.words.among('t.id', ids.slice(from, from + IDS_AT_ONCE));
      const sql = `SELECT COALESCE(SUM(${table.bytes('t')}), 0) FROM ${table.name} AS t WHERE ${these.sql}`;
      const [rows] = await plain.select([{ sql, params: these.params }]);
      bytes += int(rows?.[0]?.[0]);
    }
  }
  return bytes;
}
