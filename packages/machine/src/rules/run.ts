import { MAX_TIME, nextOccurrence, TAG, templateError } from '@resonate/protocol';
import { MoreNeeded } from '../more-needed.ts';
import type { PromiseRow, ScheduleRow } from '../rows.ts';
import type { WorkingSet } from '../working-set.ts';
import { createPromise, type NewPromise } from './creation.ts';
import { after } from './expiry.ts';
import { settle } from './settlement.ts';
import { touch } from './touch.ts';

const PLACEHOLDER = /\{\{\.(?:id|timestamp)\}\}/g;

/** The id of the promise that a run of the schedule creates. @throws when it would be too long. */
export function occurrencePromiseId(schedule: Pick<ScheduleRow, 'id' | 'promiseId'>, at: number): string {
  // Rows may be older than this limit.
  const error = templateError(schedule.promiseId, schedule.id);
  if (error) throw new Error(error);
  // In one pass, because the id itself may contain a placeholder.
  return schedule.promiseId.replace(PLACEHOLDER, (found) => (found === '{{.id}}' ? schedule.id : String(at)));
}

/**
 * The id of the previous run's promise, if the overlap policy depends on whether it is pending; else null. It is the current
 * template with the time of that run, so after a change of the template it names another promise.
 */
export function lastRunId(schedule: Pick<ScheduleRow, 'id' | 'promiseId' | 'overlap' | 'lastRunAt'>): string | null {
  const { overlap, lastRunAt } = schedule;
  if (overlap === null || overlap === 'allow' || lastRunAt === null) return null;
  return occurrencePromiseId(schedule, lastRunAt);
}

/** When the schedule runs next, after `at`. */
export function nextRunAfter(schedule: ScheduleRow, at: number): number {
  const next = nextOccurrence(schedule, at) ?? MAX_TIME;
  return schedule.pausedAt !== null && next > schedule.pausedAt ? MAX_TIME : next;
}

export interface RunTimes {
  /** When the run is due. It replaces `{{.timestamp}}` and is the creation time of its promise. */
  at: number;
  /** The time from which `at` was computed: see `Context.instantAt`. */
  instantAt: number;
  now: number;
}

/**
 * Runs the schedule: creates its promise as of `at`, unless it exists. If the previous run is pending at `now`, the
 * schedule's overlap policy decides: cancel that one, skip this one, or neither.
 * @returns the promise; null when the run was skipped.
 * @throws MoreNeeded when the promises were not loaded.
 */
export function startRun(ws: WorkingSet, schedule: ScheduleRow, { at, instantAt, now }: RunTimes): PromiseRow | null {
  const id = occurrencePromiseId(schedule, at);
  const lastId = lastRunId(schedule);
  const isRepeated = lastId === id;
  const settlements = [
    ...(ws.promises.isLoaded(id) ? [] : [id]),
    ...(lastId === null || isRepeated || ws.settles(lastId) ? [] : [lastId]),
  ];
  if (settlements.length > 0) throw new MoreNeeded({ settlements, instantAt });
  if (lastId !== null && !isRepeated) {
    touch(ws, [lastId], now);
    const last = ws.promises.get(lastId);
    if (last?.state === 'pending') {
      if (schedule.overlap === 'skip') return null;
      settle(ws, last, { state: 'rejected_canceled', value: {}, settledAt: now }, now);
    }
  }
  return ws.promises.get(id) ?? createPromise(ws, newPromise(schedule, at, id), at).promise;
}

function newPromise(schedule: ScheduleRow, at: number, id: string): NewPromise {
  return {
    id,
    timeoutAt: after(at, schedule.promiseTimeout),
    param: schedule.promiseParam,
    tags: {
      ...schedule.promiseTags,
      [TAG.schedule]: schedule.id,
      [TAG.origin]: id,
      [TAG.branch]: id,
      [TAG.parent]: id,
      [TAG.prefix]: id,
    },
  };
}
