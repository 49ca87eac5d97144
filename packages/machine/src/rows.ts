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
 * The rows of the state machine, one type per table. A row is never changed in place: a transition replaces it by a new one.
 * Times are epoch ms.
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
  /**
   * When the waiting message was enqueued; null while there is none. A message with a `resonate:delay` has null until it is
   * first claimed, deferred or made due. After a setback the message is due later than this (`returned`).
   */
  enqueuedAt: number | null;
  /** The number of the current or last attempt since the last success (`claimed` says what counts); 0 before the first. */
  attempts: number;
  /** The process that has claimed the message to deliver it. It is due again at `dueAt`. */
  claimedBy: string | null;
  /** The process that deferred the message because its target keeps failing. Never set together with `claimedBy`. */
  deferredBy: string | null;
}

export interface TaskRow extends DeliveryColumns {
  id: string;
  state: TaskState;
  version: number;
  resumes: number;
  pid: string | null;
  ttl: number | null;
  /** A copy of the promise's timeout, so that the locked row of the task alone shows whether the promise has expired. */
  timeoutAt: number;
  /** How many times in a row the task was released, or its lease expired, without progress. */
  setbacks: number;
  /** pending: when `execute` is sent (again); acquired: when the lease ends; else null. */
  dueAt: number | null;
}

export interface CallbackRow {
  awaited: string;
  awaiter: string;
  /** The awaited promise has settled and is counted in the awaiter's `resumes`. */
  ready: boolean;
}

/**
 * The task of `caller` created `called` or asked for it, and `called` belongs to another call graph. When the caller is replayed,
 * it asks again, so retention keeps `called` until `caller` has settled.
 */
export interface CallRow {
  called: string;
  caller: string;
}

export interface ListenerRow extends DeliveryColumns {
  awaited: string;
  /** null until the promise settles; then when `unblock` is sent (again). */
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
  /** null: no policy was chosen. Clients of the public server cannot choose one. */
  timezone: string | null;
  overlap: OverlapPolicy | null;
  catchUp: CatchUpPolicy | null;
  /** null: `resonate`. */
  cronDialect: CronDialect | null;
  /** Why the last occurrence could not be fired; null if it was. */
  fault: string | null;
  /** Paused since then: occurrences up to this time still fire. null: not paused. */
  pausedAt: number | null;
}

/** The delivery fields of a row that has nothing to send yet. */
export function unsent({ text, transport, target, poll }: Address): DeliveryColumns {
  const prefers = poll?.cast === 'any' ? poll.id : null;
  const queue = { address: text, transport, target, prefers };
  return { ...queue, enqueuedAt: null, attempts: 0, claimedBy: null, deferredBy: null };
}

/** Joins the parts of a compound key with NUL, which no id contains (protocol section 3). */
export function pairKey(first: string, second: string): string {
  return `${first}\u0000${second}`;
}
