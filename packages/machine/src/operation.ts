import type { CronDialect, Kind, Reply, RequestData } from '@resonate/protocol';
import type { Needs } from './needs.ts';
import type { FencePreload } from './rules/preload.ts';
import type { WorkingSet } from './working-set.ts';

/** The inputs of an operation besides its rows. */
export interface Context {
  /** Epoch ms; one instant for everything the request does (protocol section 4). */
  now: number;
  /**
   * Only set when the request is repeated: `MoreNeeded.instantAt` of its last attempt. Names that contain a time use this
   * one, so that the repeated request names the same rows.
   */
  instantAt?: number | undefined;
  /** How much a `task.fence` answers as `preload`; `small` when absent. */
  fencePreload?: FencePreload | undefined;
  /** The request's `head.corrId`, which the answer inside a `task.fence` repeats; empty when absent. */
  corrId?: string | undefined;
  /** The cron dialect of schedules that name none; `resonate` when absent. */
  cronDialect?: CronDialect | undefined;
  /** If a task is not acquired within this time, its message is sent again. */
  retryTimeoutMs: number;
}

/** The part of a request's context that does not depend on the time. */
export type Choices = Pick<Context, 'fencePreload' | 'cronDialect' | 'corrId'>;

/**
 * One operation of the protocol: the rows it may touch, and what it does to them. It is pure: no I/O, no clock, no
 * randomness. It answers with status and data. It throws only on a fault of the program, and then its changes are undone.
 */
export interface Operation<Data> {
  /** Adds the rows that `run` may touch, given the same choices as `run`. */
  needs(data: Data, needs: Needs, choices: Choices): void;
  /**
   * The promises that the request names. Those that have expired are settled before `run`, whatever `run` answers. So `run`
   * never sees a named promise that is expired but not settled.
   */
  touches?(data: Data): readonly string[];
  run(ws: WorkingSet, data: Data, context: Context): Reply;
}

export type OperationOf<K extends Kind> = Operation<RequestData<K>>;

export function ok(data: unknown): Reply {
  return { status: 200, data };
}

export function fail(status: number, message: string): Reply {
  return { status, data: message };
}

export const PROMISE_NOT_FOUND = fail(404, 'Promise not found');
export const TASK_NOT_FOUND = fail(404, 'Task not found');
export const SCHEDULE_NOT_FOUND = fail(404, 'Schedule not found');
