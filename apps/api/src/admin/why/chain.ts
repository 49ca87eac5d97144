import { MAX_EDGES, MAX_HOPS } from '@resonate/admin';
import type { FailedPromise, PromiseOutcome, TaskRow, WaitingPromise, Waits } from '@resonate/store';
import type { Chain, Link } from './facts.ts';

/** The reads that following a chain needs. */
export interface Reader {
  waits(id: string, limit: number): Promise<Waits | null>;
  outcome(id: string): Promise<PromiseOutcome>;
  /** True if the token of the request may see this promise. */
  maySee(id: string): boolean;
}

/**
 * Follows from a promise to what it waits for, and so on, over at most `MAX_HOPS` promises. Each costs one read.
 * @returns null if there is no such promise.
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

/** The promise that this one waits for, or the reason why the chain ends here. */
function nextOf({ promise, awaits, more }: Waits, seen: ReadonlySet<string>, reader: Reader): Next | Chain['ended'] {
  const { state, task, branch, isTimer, id } = promise;
  // The SDKs set a target on a sleep, but no worker has to acquire it.
  if (state !== 'pending' || isTimer) return 'end';
  if (!task) {
    if (branch === null || branch === id) return 'end';
    if (!reader.maySee(branch)) return 'hidden';
    return seen.has(branch) ? 'cycle' : { id: branch, as: 'branch', others: 0 };
  }
  if (task.state !== 'suspended') return 'end';
  const pending = awaits.filter((awaited) => awaited.state === 'pending');
  // One of them has timed out, and the scheduler has not recorded that yet.
  if (pending.length < awaits.length) return 'end';
  const visible = pending.filter((awaited) => reader.maySee(awaited.id));
  const [next] = visible.filter((awaited) => !seen.has(awaited.id)).sort((one, other) => need(one) - need(other));
  if (next) return { id: next.id, as: 'awaited', others: more ? MAX_EDGES : awaits.length - 1 };
  if (visible.length < pending.length) return 'hidden';
  return visible.length > 0 ? 'cycle' : 'end';
}

/** The order of several awaited promises: first the one that most probably needs an action. */
function need({ task, isTimer }: WaitingPromise): number {
  if (isTimer) return 6;
  if (!task) return 3;
  if (task.state === 'pending') return hasFailed(task) ? 1 : 2;
  return { halted: 0, suspended: 4, acquired: 5, fulfilled: 7 }[task.state];
}

function hasFailed({ attempts, setbacks, deferredBy }: TaskRow): boolean {
  return attempts > 1 || setbacks > 1 || deferredBy !== null;
}

/** The chain of a settled promise. If it failed, follows the failures of its descendants to the first one. */
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

/**
 * The failed child that caused the failure: the first one with the same error, otherwise the first one that failed
 * before its parent.
 */
function culprit(parent: FailedPromise, children: readonly FailedPromise[]): FailedPromise | undefined {
  const before = children
    .filter(({ settledAt }) => (settledAt ?? Infinity) <= (parent.settledAt ?? Infinity))
    .sort((one, other) => (one.settledAt ?? 0) - (other.settledAt ?? 0));
  return before.find(({ error }) => error !== undefined && error === parent.error) ?? before[0];
}
