import type { ListenerRow, PromiseRow } from '@resonate/machine';

/** How many bytes of promises one claim loads. Each becomes a message, and both stay in memory until it is delivered. */
export const MAX_CLAIMED_BYTES = 16 << 20;
/** A promise of at most this size is always loaded, because the number of messages is bounded, too. */
const SMALL_BYTES = 16 << 10;

/** A listener that is due, and the size of its settled promise in bytes (`Table.bytes`). */
export interface SizedListener {
  listener: ListenerRow;
  bytes: number;
}

/** An `unblock` message: a listener with its settled promise. */
export interface ClaimedUnblock extends SizedListener {
  promise: PromiseRow;
}

/**
 * Whether a further message that is not small may be taken for a target. It is called once for each such message that fits,
 * oldest first, and remembers what it allowed.
 */
export type Admits = (target: string, bytes: number) => boolean;

/**
 * In this order, the listeners whose promises fit into `maxBytes` together, and that `admits` allows. What it refuses uses no
 * bytes. While nothing is taken yet, a promise fits however large it is, unless `maxBytes` is 0. Small ones are always taken.
 * A promise counts for each of its listeners, because each gets a message.
 */
export function withinBytes(
  listeners: readonly SizedListener[],
  maxBytes: number,
  admits: Admits = () => true,
): SizedListener[] {
  let total = 0;
  return listeners.filter(({ listener, bytes }) => {
    const fits = total + bytes <= maxBytes || (total === 0 && maxBytes > 0);
    if (bytes > SMALL_BYTES && !(fits && admits(listener.target, bytes))) return false;
    total += bytes;
    return true;
  });
}

/** A listener whose promise is gone is left out. */
export function withPromises(listeners: readonly SizedListener[], promises: readonly PromiseRow[]): ClaimedUnblock[] {
  const byId = new Map(promises.map((promise) => [promise.id, promise]));
  return listeners.flatMap((sized) => {
    const promise = byId.get(sized.listener.awaited);
    return promise ? [{ ...sized, promise }] : [];
  });
}
