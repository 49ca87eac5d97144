import type { CronDialect } from './cron-expression.ts';

/**
 * The records of protocol section 2, as they are sent on the wire. All times are integers, epoch ms. Optional fields
 * are absent, never null.
 */

export type StringMap = Record<string, string>;

export interface Value {
  headers?: StringMap;
  /** The server does not interpret it. SDKs put base64 here. */
  data?: string;
}

export const PROMISE_STATES = ['pending', 'resolved', 'rejected', 'rejected_canceled', 'rejected_timedout'] as const;
export type PromiseState = (typeof PROMISE_STATES)[number];

/** The states that a client may settle a promise to. */
export const SETTLED_STATES = ['resolved', 'rejected', 'rejected_canceled'] as const;
export type SettledState = (typeof SETTLED_STATES)[number];

export interface PromiseRecord {
  id: string;
  state: PromiseState;
  param: Value;
  value: Value;
  tags: StringMap;
  timeoutAt: number;
  createdAt: number;
  settledAt?: number;
}

export const TASK_STATES = ['pending', 'acquired', 'suspended', 'halted', 'fulfilled'] as const;
export type TaskState = (typeof TASK_STATES)[number];

export interface TaskRecord {
  /** The id of the task's promise. */
  id: string;
  state: TaskState;
  version: number;
  /** How many awaited promises settled since the last acquire. */
  resumes: number;
  /** Length and owner of the lease, only while acquired. */
  ttl?: number;
  pid?: string;
}

/** What to do if an occurrence is due while the promise of the last run is pending. */
export const OVERLAP_POLICIES = ['allow', 'skip', 'cancel'] as const;
export type OverlapPolicy = (typeof OVERLAP_POLICIES)[number];

/** Which missed occurrences are fired late. */
export const CATCH_UP_POLICIES = ['all', 'last', 'none'] as const;
export type CatchUpPolicy = (typeof CATCH_UP_POLICIES)[number];

export interface ScheduleRecord {
  id: string;
  cron: string;
  promiseId: string;
  promiseTimeout: number;
  promiseParam: Value;
  promiseTags: StringMap;
  createdAt: number;
  nextRunAt: number;
  lastRunAt?: number;
  /** As the client set them; otherwise absent. */
  timezone?: string;
  overlap?: OverlapPolicy;
  catchUp?: CatchUpPolicy;
  /** The dialect of `cron`; absent for the public server's dialect. */
  cronDialect?: CronDialect;
  /** Why the last occurrence could not be fired. It is tried again, and `fault` is absent once it succeeds. */
  fault?: string;
  /** Only while paused. */
  pausedAt?: number;
}
