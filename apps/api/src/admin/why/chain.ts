import { MAX_EDGES, MAX_HOPS } from '@resonate/admin';
import type { FailedPromise, Outcome, TaskRow, WaitingPromise, Waits } from '@resonate/store';
import type { Chain, Link } from './facts.ts';

/** How the chain's promises are read. */
export interface Reader {
  waits(id: string, limit: number): Promise<Waits | null>;
  outcome(id: string): Promise<Outcome>;
  /** True if the reader of the answer may see this promise. */
  maySee(id: string): boolean;
}

/**
 * Follows what a promise waits for to its end, over at most `MAX_HOPS` promises, with one read for each.
 * @returns null: there is no such promise.
 */
export async function followChain(id: string, reader: Reader): Promise<Chain | null> {
  const first = await reader.waits(id, MAX_EDGES);
  if (!first) return null;
  if (first.promise.state !== 'pending') return settledChain(first.promise, reader);
  const links: [Link, ...Link[]] = [{ promise: first.promise, as: 'start', others: 0 }];
  const seen = new Set([id]);
  for (let waits = first; ;) {
    const next = nextOf(waits, seen, reader);
    if (typeof next === 'string') return pendingChain(links, next, waits);
    if (links.length >= MAX_HOPS) return pendingChain(links, 'too_deep', waits);
    seen.add(next.id);
    const found = await reader.waits(next.id, MAX_EDGES);
    if (!found) return pendingChain(links, 'gone', waits);
    links.push({ promise: found.promise, as: next.as, others: next.others });
    waits = found;
  }
}

function pendingChain(links: Chain['links'], ended: Chain['ended'], { awaits }: Waits): Chain {
  const expired = awaits.flatMap(({ state, settledAt }) =>
    state === 'pending' || settledAt === null ? [] : [settledAt],
  );
  return { links, ended, expiredAt: expired.length > 0 ? Math.min(...expired) : null, outcome: null, failed: [] };
}

interface Next {
  id: string;
  as: 'awaited' | 'branch';
  others: number;
}

/** The promise that this one waits for, or why the chain ends here. */
function nextOf({ promise, awaits, more }: Waits, seen: ReadonlySet<string>, reader: Reader): Next | Chain['ended'] {
  const { state, task, branch, isTimer, id } = promise;
  // The SDKs give a sleep a target, but no worker has to take it.
  if (state !== 'pending' || isTimer) return 'end';
  if (!task) {
    if (branch === null || branch === id) return 'end';
    if (!reader.maySee(branch)) return 'hidden';
    return seen.has(branch) ? 'cycle' : { id: branch, as: 'branch', others: 0 };
  }
  if (task.state !== 'suspended') return 'end';
  const pending = awaits.filter((awaited) => awaited.state === 'pending');
  // One of them has settled by its timeout, and the scheduler has yet to write it down.
  if (pending.length < awaits.length) return 'end';
  const visible = pending.filter((awaited) => reader.maySee(awaited.id));
  const [next] = visible.filter((awaited) => !seen.has(awaited.id)).sort((one, other) => need(one) - need(other));
  if (next) return { id: next.id, as: 'awaited', others: more ? MAX_EDGES : awaits.length - 1 };
  if (visible.length < pending.length) return 'hidden';
  return visible.length > 0 ? 'cycle' : 'end';
}

/** Of several awaited promises, the one that most probably needs somebody to act comes first. */
function need({ task, isTimer }: WaitingPromise): number {
  if (isTimer) return 6;
  if (!task) return 3;
  if (task.state === 'pending') return hasFailed(task) ? 1 : 2;
  return { halted: 0, suspended: 4, acquired: 5, fulfilled: 7 }[task.state];
}

function hasFailed({ attempts, setbacks, deferredBy }: TaskRow): boolean {
  return attempts > 1 || setbacks > 1 || deferredBy !== null;
}

/** A settled promise. If it failed, follows the failures of its descendants to the first one. */
async function settledChain(promise: WaitingPromise, reader: Reader): Promise<Chain> {
  const outcome = await reader.outcome(promise.id);
  const failed: FailedPromise[] = [];
  const seen = new Set([promise.id]);
  let parent: FailedPromise = { ...promise, error: outcome.error };
  let children = promise.state === 'resolved' ? [] : outcome.failed;
  while (failed.length < MAX_HOPS) {
    const next = culprit(
      parent,
      children.filter(({ id }) => !seen.has(id) && reader.maySee(id)),
    );
    if (!next) break;
    seen.add(next.id);
    failed.push(next);
    parent = next;
    children = (await reader.outcome(next.id)).failed;
  }
  return { links: [{ promise, as: 'start', others: 0 }], ended: 'end', expiredAt: null, outcome, failed };
}

/** Of the failed children: the first with the same error, or else the first one that failed before its parent did. */
function culprit(parent: FailedPromise, children: readonly FailedPromise[]): FailedPromise | undefined {
  const before = children
    .filter(({ settledAt }) => (settledAt ?? Infinity) <= (parent.settledAt ?? Infinity))
    .sort((one, other) => (one.settledAt ?? 0) - (other.settledAt ?? 0));
  return before.find(({ error }) => error !== undefined && error === parent.error) ?? before[0];
}
