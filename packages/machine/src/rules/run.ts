import { MAX_TIME, nextOccurrence, TAG } from '@resonate/protocol';
import { MoreNeeded } from '../more-needed.ts';
import type { PromiseRow, ScheduleRow } from '../rows.ts';
import type { WorkingSet } from '../working-set.ts';
import { bear, type NewPromise } from './birth.ts';
import { after } from './expiry.ts';
import { settle } from './settlement.ts';
import { touch } from './touch.ts';

/** The id of the promise that a run of the schedule makes. */
export function occurrencePromiseId(schedule: Pick<ScheduleRow, 'id' | 'promiseId'>, at: number): string {
  return schedule.promiseId.replaceAll('{{.id}}', () => schedule.id).replaceAll('{{.timestamp}}', () => String(at));
}

/** The promise of the run before, where the next one goes by whether it is pending; else null. */
export function lastRunId(schedule: ScheduleRow): string | null {
  const { overlap, lastRunAt } = schedule;
  if (overlap === null || overlap === 'allow' || lastRunAt === null) return null;
  return occurrencePromiseId(schedule, lastRunAt);
}

/** When the schedule runs next, after `at`. */
export function nextRunAfter(schedule: ScheduleRow, at: number): number {
  const next = nextOccurrence(schedule, at) ?? MAX_TIME;
  return schedule.pausedAt !== null && next > schedule.pausedAt ? MAX_TIME : next;
}

/**
 * Runs the schedule: makes its promise as of `at`, unless it is there. A run before that is pending at `now` is canceled,
 * or has this one skipped, as the schedule's overlap policy says.
 * @returns the promise; null when the run was skipped.
 * @throws MoreNeeded when the promises were not loaded.
 */
export function startRun(ws: WorkingSet, schedule: ScheduleRow, at: number, now: number): PromiseRow | null {
  const id = occurrencePromiseId(schedule, at);
  const lastId = lastRunId(schedule);
  const isRepeated = lastId === id;
  const settlements = [
    ...(ws.promises.isLoaded(id) ? [] : [id]),
    ...(lastId === null || isRepeated || ws.settles(lastId) ? [] : [lastId]),
  ];
  if (settlements.length > 0) throw new MoreNeeded({ settlements });
  if (lastId !== null && !isRepeated) {
    touch(ws, [lastId], now);
    const last = ws.promises.get(lastId);
    if (last?.state === 'pending') {
      if (schedule.overlap === 'skip') return null;
      settle(ws, last, { state: 'rejected_canceled', value: {}, settledAt: now }, now);
    }
  }
  return ws.promises.get(id) ?? bear(ws, newPromise(schedule, at, id), at).promise;
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
