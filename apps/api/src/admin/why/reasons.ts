import type { Cause } from '@resonate/admin';
import type { RuntimeWith } from '@resonate/process';
import { TAG } from '@resonate/protocol';
import type { Listed, WaitingPromise } from '@resonate/store';
import type { Facts } from './facts.ts';
import { processFacts } from './process-facts.ts';
import { receiverOf } from './receivers.ts';
import { shortened } from './words.ts';
import { why } from './why.ts';

type Context = RuntimeWith<'config' | 'processId' | 'stats', 'admin' | 'cluster'>;

/** Explains why promises of a page are pending. Costs one read of their tasks, and one of the processes. */
export async function reasonsOf(runtime: Context, rows: readonly Listed[], prefix: string, now: number) {
  const pending = rows.filter(({ state }) => state === 'pending').map(({ id }) => id);
  if (pending.length === 0) return () => undefined;
  const tasks = await runtime.store.admin.tasksOf(pending, now);
  const processes = await processFacts(runtime, now);
  const facts = { now, processes, retryTimeoutMs: runtime.config.tasks.retryTimeoutMs, prefix };
  return (row: Listed) => {
    const branch = row.tags[TAG.branch] ?? null;
    return shortReason({ ...row, branch, task: tasks.get(row.id) ?? null }, facts);
  };
}

/**
 * Why a promise is pending, in a few words for a list. Does not follow what it waits for, because that costs a read per
 * promise. @returns undefined if it has settled, or if it is a step of another promise.
 */
export function shortReason(promise: WaitingPromise, facts: Omit<Facts, 'chain'>): string | undefined {
  const { state, isTimer, task, branch, id } = promise;
  if (state !== 'pending') return undefined;
  if (isTimer) return 'Sleeps';
  if (!task) return branch === null || branch === id ? 'Waits for an external client' : undefined;
  if (task.state === 'suspended') return 'Waits for another promise';
  const links: [Facts['chain']['links'][0]] = [{ promise, as: 'start', others: 0 }];
  const chain = { links, ended: 'end', expiredAt: null, outcome: null, failed: [] } as const;
  const { cause, error } = why({ ...facts, chain });
  const text = TEXTS[cause]?.(receiverOf(task), task.setbacks);
  return error === undefined ? text : `${text}: ${shortened(error)}`;
}

const TEXTS: Partial<Record<Cause, (receiver: string, setbacks: number) => string>> = {
  no_worker: (receiver) => `No worker of ${receiver}`,
  given_back: (_, setbacks) => `Given back by its workers ${setbacks} times`,
  target_fails: (receiver) => `${receiver} fails`,
  transport_off: (receiver) => `Nothing delivers to ${receiver}`,
  not_delivered: (receiver) => `Not delivered to ${receiver}`,
  not_taken: (receiver) => `Not acquired by ${receiver}`,
  in_delivery: (receiver) => `Being delivered to ${receiver}`,
  delayed: () => 'Starts later',
  halted: () => 'Halted',
  held: () => 'A worker runs it',
  timers_late: () => 'The scheduler is late',
};
