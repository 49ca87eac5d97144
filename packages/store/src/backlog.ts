import type { Transport } from '@resonate/protocol';
import type { Dialect, WaitingTarget } from './dialect.ts';

/** Targets looked at in one round trip; SQLite reads them in the thread of this process. */
const PAGE = 200;
/** Targets looked at in all: one seek in an index each, whether anything is due for them or not. */
const MAX_TARGETS = 10_000;

/** What of one transport is due and claimed by nobody. */
export interface Backlog {
  /** Messages, counted up to the limit. */
  count: number;
  /** How long the one that has been due for the longest time has been so; 0 without any. */
  ageMs: number;
  /** The targets with the oldest messages. */
  targets: { target: string; count: number; ageMs: number }[];
}

/**
 * Counts up to `limit` messages, and those of the `named` targets with the oldest ones each for itself: in all, no
 * more than twice `limit` rows are looked at.
 */
export async function readBacklog(
  dialect: Dialect,
  transport: Transport,
  limit: number,
  named: number,
): Promise<Backlog> {
  const now = await dialect.now();
  let after = '';
  let count = 0;
  let oldest: WaitingTarget[] = [];
  for (let looked = 0; looked < MAX_TARGETS && count < limit; looked += PAGE) {
    const page = await dialect.waitingTargets(transport, PAGE, after);
    const due = page.filter(({ dueAt }) => dueAt <= now);
    const names = due.map(({ target }) => target);
    if (due.length > 0) count += await dialect.countDue(transport, names, limit - count);
    oldest = [...oldest, ...due].sort((one, other) => one.dueAt - other.dueAt).slice(0, Math.max(named, 1));
    if (page.length < PAGE) break;
    after = page.at(-1)?.target ?? '';
  }
  const backlog: Backlog = { count, ageMs: now - (oldest[0]?.dueAt ?? now), targets: [] };
  let left = count;
  for (const { target, dueAt } of oldest.slice(0, named)) {
    const ofTarget = left > 0 ? await dialect.countDue(transport, [target], left) : 0;
    backlog.targets.push({ target, count: ofTarget, ageMs: now - dueAt });
    left -= ofTarget;
  }
  return backlog;
}
