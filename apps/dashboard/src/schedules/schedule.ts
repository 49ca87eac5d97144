import type { Promises, PromiseSummary } from '@resonate/admin';
import { get, operate } from '../api/client.ts';
import type { Value } from '../value/value.ts';
import type { CronDialect } from './cron-words.ts';

/** A schedule record of the protocol (docs/schedules.md). */
export interface Schedule {
  id: string;
  cron: string;
  promiseId: string;
  promiseTimeout: number;
  promiseParam: Value;
  promiseTags: Record<string, string>;
  createdAt: number;
  nextRunAt: number;
  lastRunAt?: number;
  timezone?: string;
  overlap?: string;
  catchUp?: string;
  pausedAt?: number;
  cronDialect?: CronDialect;
  /** Why its last due run could not be started; absent if it was started. */
  fault?: string;
}

const PAGE_SIZE = 50;
const SHOWN_RUNS = 5;

/** One page, in order of id. */
export async function searchSchedules(cursor: string | undefined, signal?: AbortSignal) {
  const data = { limit: PAGE_SIZE, ...(cursor === undefined ? {} : { cursor }) };
  const answer = await operate<{ schedules: Schedule[]; cursor?: string }>('schedule.search', data, signal);
  return { rows: answer.schedules, cursor: answer.cursor };
}

async function getSchedule(id: string, signal?: AbortSignal): Promise<Schedule> {
  return (await operate<{ schedule: Schedule }>('schedule.get', { id }, signal)).schedule;
}

export interface ScheduleDetail {
  schedule: Schedule;
  /** The next runs, epoch ms. */
  runs: number[];
  /** The newest promises that it created. */
  last: PromiseSummary[];
}

/** Everything about one schedule. */
export async function getDetail(id: string, signal: AbortSignal): Promise<ScheduleDetail> {
  const query = { tag: `resonate:schedule=${id}`, limit: SHOWN_RUNS };
  const [schedule, { runs }, { promises }] = await Promise.all([
    getSchedule(id, signal),
    operate<{ runs: number[] }>('schedule.preview', { id, limit: SHOWN_RUNS }, signal),
    // A token without the right to search still gets the schedule.
    get('/admin/promises', query, signal).catch((): Pick<Promises, 'promises'> => ({ promises: [] })),
  ]);
  return { schedule, runs, last: promises };
}
