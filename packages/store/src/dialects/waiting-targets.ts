import { byteOrder } from '@resonate/protocol';
import type { WaitingTarget } from '../dialect.ts';
import { int, text } from '../sql/read.ts';

/** The first `limit` targets by name, each with the earliest of its times. */
function mergeTargets(found: Iterable<WaitingTarget>, limit = Infinity): WaitingTarget[] {
  const earliest = new Map<string, number>();
  for (const { target, dueAt } of found) earliest.set(target, Math.min(dueAt, earliest.get(target) ?? Infinity));
  return Array.from(earliest, ([target, dueAt]) => ({ target, dueAt }))
    .sort((a, b) => byteOrder(a.target, b.target))
    .slice(0, limit);
}

/** The targets that tasks and listeners wait for. @param results rows of `OutboxSql.waiting` or `OutboxSql.nextDue`. */
export function targetsIn(results: readonly unknown[][][], limit?: number): WaitingTarget[] {
  const found = results.flat().filter(([, dueAt]) => dueAt !== null);
  return mergeTargets(
    found.map(([target, dueAt]) => ({ target: text(target), dueAt: int(dueAt) })),
    limit,
  );
}
