import { byteOrder } from '@resonate/protocol';
import type { WaitingTarget } from '../dialect.ts';

/** The first `limit` targets by name of those that tasks and listeners wait for, each with the earlier of its times. */
export function mergeTargets(found: Iterable<WaitingTarget>, limit: number): WaitingTarget[] {
  const earliest = new Map<string, number>();
  for (const { target, dueAt } of found) earliest.set(target, Math.min(dueAt, earliest.get(target) ?? Infinity));
  return Array.from(earliest, ([target, dueAt]) => ({ target, dueAt }))
    .sort((a, b) => byteOrder(a.target, b.target))
    .slice(0, limit);
}
