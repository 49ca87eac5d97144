import type {
  Address,
  CatchUpPolicy,
  CronDialect,
  OverlapPolicy,
  PromiseState,
  StringMap,
  TaskState,
  Transport,
  Value,
} from '@resonate/protocol';

/**
 * The rows the machine decides over, one type per table. Rows are values: a transition puts a new one, it never
 * changes one in place. Times are epoch ms.
 */

export interface PromiseRow {
  id: string;
  state: PromiseState;
  param: Value;
  value: Value;
  tags: StringMap;
  timeoutAt: number;
  createdAt: number;
  settledAt: number | null;
}

/** Where a message goes and when: shared by tasks (`execute`) and listeners (`unblock`), which are the outbox. */
export interface DeliveryColumns {
  address: string;
  transport: Transport;
  /** Deliveries have one queue for each target (`Address.target`). */
  target: string;
  /** The preferred connection for the message; null: any connection of the target. */
  prefers: string | null;
  /** When the waiting message became due; null while there is none, or while a delay still runs. */
  enqueuedAt: number | null;
  /** How often the waiting message was handed to a transport. */
  attempts: number;
  /** The process that took the message to deliver it; it is due again at `dueAt` unless it arrives. */
  claimedBy: string | null;
  /** The process that deferred the message as its target keeps failing; never set together with `claimedBy`. */
  deferredBy: string | null;
}

export interface TaskRow extends DeliveryColumns {
  id: string;
  state: TaskState;
  version: number;
  resumes: number;
  pid: string | null;
  ttl: number | null;
  /** The promise's, so that the task's lock alone tells whether it still lives. */
  timeoutAt: number;
  /** How often in a row the task was released, or its lease expired, without progress. */
  setbacks: number;
  /** pending: when `execute` goes out (again); acquired: the lease's end; else null. */
  dueAt: number | null;
}

export interface CallbackRow {
  awaited: string;
  awaiter: string;
  /** The awaited promise settled and counts in the awaiter's resumes. */
  ready: boolean;
}

export interface ListenerRow extends DeliveryColumns {
  awaited: string;
  /** null until the promise settles, then when `unblock` goes out (again). */
  dueAt: number | null;
}

export interface ScheduleRow {
  id: string;
  cron: string;
  promiseId: string;
  promiseTimeout: number;
  promiseParam: Value;
  promiseTags: StringMap;
  createdAt: number;
  /** MAX_TIME: never, or not while it is paused. */
  nextRunAt: number;
  lastRunAt: number | null;
  /** null: not chosen, as of all that clients of the public server create. */
  timezone: string | null;
  overlap: OverlapPolicy | null;
  catchUp: CatchUpPolicy | null;
  /** null: `resonate`. */
  cronDialect: CronDialect | null;
  /** Why the last occurrence could not be fired; null if it was. */
  fault: string | null;
  /** Occurrences up to then still come; null: not paused. */
  pausedAt: number | null;
}

/** The delivery fields of a row that has nothing to send yet. */
export function unsent({ text, transport, target, poll }: Address): DeliveryColumns {
  const prefers = poll?.cast === 'any' ? poll.id : null;
  const queue = { address: text, transport, target, prefers };
  return { ...queue, enqueuedAt: null, attempts: 0, claimedBy: null, deferredBy: null };
}

/** Joins the parts of a compound key; NUL is in no id (protocol section 3). */
export function pairKey(first: string, second: string): string {
  return `${first}\u0000${second}`;
}
