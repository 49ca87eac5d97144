import { getHeapStatistics } from 'node:v8';
import type { Needs, PromiseRow } from '@resonate/machine';
import { TooMuchAtOnce, type Dialect } from '../dialect.ts';
import { places } from '../sql/conditions.ts';
import { int } from '../sql/read.ts';
import { PROMISES } from '../tables.ts';

/**
 * Requests are small, but each promise that they name may have megabytes. Without a bound, 256 reads in one batch would load
 * half a gigabyte. So each promise of a batch gets a share of these bytes, and the database compares it with the length of
 * the row before it reads the row. If one promise is larger, nothing is loaded. Then the engine asks for the total size of
 * the batch, and runs it whole or in halves.
 */
export const BATCH_BYTES = 16 << 20;
/** The bytes that one purpose may take of the heap: an eighth, because decoding and answering multiply what is held. */
export const HEAP_SHARE_BYTES = getHeapStatistics().heap_size_limit / 8;
/** Up to this many promises are loaded whatever their size. */
const FEW = 4;

/** The bytes that each promise of a batch may have. */
export function shareOf({ promises, loadsAll }: Needs): number {
  return loadsAll || promises.size <= FEW ? Number.MAX_SAFE_INTEGER : Math.floor(BATCH_BYTES / promises.size);
}

/** The select list of promises `p`. @param share SQL: a row with more bytes has null in the columns that may be large. */
export function sharedList(share: string): string {
  return PROMISES.listIf(`${PROMISES.bytes('p')} <= ${share}`, 'p');
}

/** Decodes rows of `sharedList`. @throws TooMuchAtOnce if one is larger than its share. */
export function decodeShared(rows: readonly (readonly unknown[])[]): PromiseRow[] {
  return rows.map((values) => {
    if (!PROMISES.isWhole(values)) throw new TooMuchAtOnce();
    return PROMISES.decode(values);
  });
}

/** How many ids one statement names. */
const IDS_AT_ONCE = 500;

/** The total size of these promises. The database knows the lengths without reading the texts. */
export async function bytesOfPromises({ plain }: Dialect, ids: ReadonlySet<string>): Promise<number> {
  const all = [...ids];
  let bytes = 0;
  for (let from = 0; from < all.length; from += IDS_AT_ONCE) {
    const params = all.slice(from, from + IDS_AT_ONCE);
    const sql = `SELECT COALESCE(SUM(${PROMISES.bytes('p')}), 0) FROM promises AS p WHERE p.id IN (${places(params)})`;
    const [rows] = await plain.select([{ sql, params }]);
    bytes += int(rows?.[0]?.[0]);
  }
  return bytes;
}
