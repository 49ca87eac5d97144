import type { CronDialect, Kind, Reply, RequestData } from '@resonate/protocol';
import type { Needs } from './needs.ts';
import type { FencePreload } from './rules/preload.ts';
import type { WorkingSet } from './working-set.ts';

/** What an operation gets besides its rows. */
export interface Context {
  /** Epoch ms; one instant for everything the request does (protocol section 4). */
  now: number;
  /**
   * Only when the request is repeated: `MoreNeeded.instantAt` of its last try. Names that contain a time are made of this
   * one, so that a repeated request names the same rows.
   */
  instantAt?: number | undefined;
  /** How much a `task.fence` answers as `preload`; `small` when absent. */
  fencePreload?: FencePreload | undefined;
  /** The request's `head.corrId`, which the answer inside a `task.fence` repeats; empty when absent. */
  corrId?: string | undefined;
  /** How cron expressions are read that do not say so; `resonate` when absent. */
  cronDialect?: CronDialect | undefined;
  /** How long a message waits for an acquire before it goes out again. */
  retryTimeoutMs: number;
}

/** The part of a request's context that does not depend on the time. */
export type Choices = Pick<Context, 'fencePreload' | 'cronDialect' | 'corrId'>;

/**
 * One operation of the protocol: the rows it may touch, and what it does to them. Pure: no I/O, no clock, no
 * randomness. Answers with status and data; throws only on a fault of the program, and then leaves nothing behind.
 */
export interface Operation<Data> {
  /** Adds the rows that `run` may touch, given the same choices as `run`. */
  needs(data: Data, needs: Needs, choices: Choices): void;
  /**
   * The promises that the request names: one whose time has come is settled before `run`, whatever `run` then
   * answers. So a request never meets a named promise that is expired but not settled.
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
