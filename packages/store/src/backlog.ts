import type { Transport } from '@resonate/protocol';
import type { Dialect } from './dialect.ts';

/** Targets looked at in one round trip. */
const PAGE = 1_000;
/** Targets looked at in all: one seek in an index each, whether anything is due for them or not. */
const MAX_TARGETS = 10_000;

/** How many messages of a transport are due and not claimed, counted up to `limit`. */
export async function countBacklog(dialect: Dialect, transport: Transport, limit: number): Promise<number> {
  const now = await dialect.now();
  let after = '';
  let count = 0;
  for (let looked = 0; looked < MAX_TARGETS && count < limit; looked += PAGE) {
    const page = await dialect.waitingTargets(transport, PAGE, after);
    const due = page.filter(({ dueAt }) => dueAt <= now).map(({ target }) => target);
    if (due.length > 0) count += await dialect.countDue(transport, due, limit - count);
    if (page.length < PAGE) break;
    after = page.at(-1)?.target ?? '';
  }
  return count;
}
