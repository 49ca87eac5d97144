import type { ListenerRow, PromiseRow } from '@resonate/machine';
import type { Dialect } from '../dialect.ts';
import { places } from '../sql/conditions.ts';
import type { Statement } from '../sql/statement.ts';
import { PROMISES } from '../tables.ts';

/** A promise that is part of a message, and the bytes of its columns of any length. */
interface ClaimedPromise {
  promise: PromiseRow;
  bytes: number;
}

/** How many bytes of promises one claim loads. Each becomes a message, and both stay in memory until it is delivered. */
export const MAX_CLAIMED_BYTES = 16 << 20;
/** A promise of at most this size is always loaded, because the number of messages is bounded, too. */
const SMALL_BYTES = 16 << 10;

const BYTES = PROMISES.bytes('p');

/** Reads these promises. Those that are larger than their share of `maxBytes` come without their data. */
export function promisesOf({ plain: { words } }: Dialect, ids: readonly string[], maxBytes: number): Statement {
  const share = Math.max(SMALL_BYTES, Math.floor(maxBytes / Math.max(1, ids.length)));
  const sql = `SELECT ${PROMISES.listIf(`${BYTES} <= ${share}`, 'p')}, ${BYTES}
    FROM ${words.byKey('promises AS p')} WHERE p.id IN (${places(ids)})`;
  return { sql, params: [...ids] };
}

/** An `unblock` message: a listener with its settled promise. */
export interface ClaimedUnblock extends ClaimedPromise {
  listener: ListenerRow;
}

/**
 * Adds the promises to their listeners, in this order, as long as they fit into `maxBytes`. The first one always fits,
 * however large it is, and small ones always fit. A promise counts for each of its listeners, because each gets a message.
 * @param rows of `promisesOf`; data that they lack is loaded.
 * @returns the messages, and the listeners whose promises do not fit.
 */
export async function withPromises(
  dialect: Dialect,
  listeners: readonly ListenerRow[],
  rows: readonly unknown[][],
  maxBytes: number,
): Promise<{ unblocks: ClaimedUnblock[]; left: ListenerRow[] }> {
  const found = new Map(rows.map((row) => [String(row[0]), row]));
  const unblocks: ClaimedUnblock[] = [];
  const left: ListenerRow[] = [];
  let total = 0;
  for (const listener of listeners) {
    const row = found.get(listener.awaited);
    if (!row) continue;
    const bytes = Number(row.at(-1));
    const isFirst = total === 0 && maxBytes > 0;
    if (bytes > SMALL_BYTES && !isFirst && total + bytes > maxBytes) {
      left.push(listener);
      continue;
    }
    total += bytes;
    const whole = PROMISES.isWhole(row) ? row : await reloaded(dialect, listener.awaited);
    if (!whole) continue;
    found.set(listener.awaited, whole);
    unblocks.push({ listener, promise: PROMISES.decode(whole), bytes });
  }
  return { unblocks, left };
}

async function reloaded(dialect: Dialect, id: string): Promise<unknown[] | undefined> {
  const [rows = []] = await dialect.plain.select([promisesOf(dialect, [id], Number.MAX_SAFE_INTEGER)]);
  return rows[0];
}
