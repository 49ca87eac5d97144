import { byteOrder } from '@resonate/protocol';
import type { WaitingTarget } from '../dialect.ts';
import { int, text } from '../sql/read.ts';

/**
 * The first `limit` targets by name that tasks and listeners wait for, each with the earliest of its times.
 * @param results rows of `OutboxSql.waiting` or `OutboxSql.nextDue`.
 */
export function targetsIn(results: readonly unknown[][][], limit = Infinity): WaitingTarget[] {
  const earliest = new Map<string, number>();
  for (const [name, dueAt] of results.flat()) {
    if (dueAt === null) continue;
    const target = text(name);
    earliest.set(target, Math.min(int(dueAt), earliest.get(target) ?? Infinity));
  }
  return Array.from(earliest, ([target, dueAt]) => ({ target, dueAt }))
    .sort((a, b) => byteOrder(a.target, b.target))
    .slice(0, limit);
}
