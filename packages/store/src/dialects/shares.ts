import type { Needs, PromiseRow } from '@resonate/machine';
import { TooMuchAtOnce } from '../dialect.ts';
import { PROMISES } from '../tables.ts';

/**
 * Requests are small, but the promises that they name may have megabytes each: without a bound, 256 reads in one batch
 * would load half a gigabyte. So each promise of a batch has a share of these bytes, which the database compares with the
 * length of the row before it reads it. A batch with a larger promise is not loaded; the engine finds out what it needs
 * together, and runs it whole or in parts.
 */
export const BATCH_BYTES = 16 << 20;
/** So few promises are loaded whatever their size. */
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
