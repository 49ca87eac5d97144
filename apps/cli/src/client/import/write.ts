import { isDeepStrictEqual } from 'node:util';
import { MAX_TIME, nextOccurrence, type PromiseRecord, type ScheduleRecord, type TaskRecord } from '@resonate/protocol';
import { ClientError, type ClientOptions } from '../http.ts';
import { instant } from '../output.ts';
import { callWithRetries } from './call-with-retries.ts';

/** The reason why one record was not imported. The import continues with the others. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

/** Statuses caused by the record, not by the server or the network. */
const RECORD_IS_WRONG = new Set([400, 404, 409, 413, 422]);

/** Sends a request as of `at` (epoch ms): a server in debug mode uses it as the current time. */
async function asOf(at: number, kind: string, data: object, options: ClientOptions) {
  try {
    return await callWithRetries(kind, data, { ...options, debugTime: at });
  } catch (error) {
    if (!(error instanceof ClientError) || !RECORD_IS_WRONG.has(error.status ?? 0)) throw error;
    throw new Refusal(error.message);
  }
}

/** Whether the server has the record already. The request is sent as of `at`, so that it settles nothing. */
async function exists(kind: string, id: string, at: number, options: ClientOptions): Promise<boolean> {
  try {
    await callWithRetries(kind, { id }, { ...options, debugTime: at });
    return true;
  } catch (error) {
    if (error instanceof ClientError && error.status === 404) return false;
    throw error;
  }
}

/**
 * Copies a promise with its times: it is created as of its creation time and settled as of its settlement time.
 * @returns whether it changed anything. @throws Refusal if another promise has the id, or the result differs from the
 * source
 */
export async function writePromise(record: PromiseRecord, options: ClientOptions): Promise<boolean> {
  const { id, state, param, value, tags, timeoutAt, createdAt, settledAt } = record;
  // If this import settles the promise, it is new. Otherwise look it up first, because the answer to a create does not say
  // whether the promise existed.
  const isSettledHere = settledAt !== undefined && timeoutAt > createdAt;
  const isNew = !isSettledHere && !(await exists('promise.get', id, createdAt, options));
  const kept = await asOf(createdAt, 'promise.create', { id, param, tags, timeoutAt }, options);
  let promise = kept['promise'] as PromiseRecord;
  const differing = (['param', 'tags', 'timeoutAt', 'createdAt'] as const).find(
    (field) => !isDeepStrictEqual(promise[field], record[field]),
  );
  if (differing !== undefined) throw new Refusal(`a promise with this id exists and has another ${differing}`);
  const isToSettle = promise.state === 'pending' && settledAt !== undefined;
  if (isToSettle) {
    // A timeout cannot be requested. It happens when the promise is read as of its timeout.
    const settled =
      state === 'rejected_timedout'
        ? await asOf(settledAt, 'promise.get', { id }, options)
        : await asOf(settledAt, 'promise.settle', { id, state, value }, options);
    promise = settled['promise'] as PromiseRecord;
  }
  if (!isDeepStrictEqual({ ...promise }, { ...record })) {
    throw new Refusal(`it is ${promise.state} here and ${state} at the source, or its value or times differ`);
  }
  return isNew || isToSettle;
}

/** The fields that define a schedule. */
const DEFINITION = [
  ...(['cron', 'promiseId', 'promiseTimeout', 'promiseParam', 'promiseTags'] as const),
  ...(['timezone', 'overlap', 'catchUp', 'cronDialect'] as const),
];

/**
 * When to create the copy of a schedule, so that its next run is that of the source. Usually that is the last run. If the
 * source has skipped occurrences since then, as during a pause, the copy must skip them, too.
 */
function creationOf({ lastRunAt, createdAt, nextRunAt, pausedAt, ...recurrence }: ScheduleRecord): number {
  const lastAt = lastRunAt ?? createdAt;
  // A paused schedule runs only what was due before the pause. If there is nothing, `nextRunAt` is "never".
  const skippedUntil = Math.min(nextRunAt - 1, pausedAt ?? Infinity);
  if (skippedUntil < lastAt) return pausedAt === undefined || nextRunAt <= pausedAt ? skippedUntil : lastAt;
  return isDueAfter(recurrence, lastAt, skippedUntil) ? skippedUntil : lastAt;
}

/** Whether an occurrence is after `at` and not after `until`. */
function isDueAfter(
  recurrence: Pick<ScheduleRecord, 'cron' | 'cronDialect' | 'timezone'>,
  at: number,
  until: number,
): boolean {
  try {
    return (nextOccurrence(recurrence, at) ?? Infinity) <= until;
  } catch {
    // The server refuses this cron expression or time zone with a better message.
    return false;
  }
}

/**
 * Copies a schedule. It is created at a time from which it continues with the next run of the source. The dialect is
 * always sent, so that the cron expression keeps its meaning even if `schedules.cron` differs here. A record
 * without `cronDialect` has the public server's dialect.
 * @returns whether it is new here. @throws Refusal if another schedule has the id, or its next run differs
 */
export async function writeSchedule(record: ScheduleRecord, options: ClientOptions): Promise<boolean> {
  const { id, createdAt, nextRunAt, pausedAt } = record;
  const isKnown = await exists('schedule.get', id, createdAt, options);
  const definition = Object.fromEntries(DEFINITION.map((field) => [field, record[field]]));
  const data = { id, ...definition, cronDialect: record.cronDialect ?? 'resonate' };
  const kept = await asOf(creationOf(record), 'schedule.create', data, options);
  let schedule = kept['schedule'] as ScheduleRecord;
  const differing = DEFINITION.find((field) => !isDeepStrictEqual(schedule[field], record[field]));
  if (differing !== undefined) throw new Refusal(`a schedule with this id exists and has another ${differing}`);
  if (pausedAt !== undefined && schedule.pausedAt === undefined) {
    const paused = await asOf(pausedAt, 'schedule.pause', { id }, options);
    schedule = paused['schedule'] as ScheduleRecord;
  }
  if (schedule.nextRunAt !== nextRunAt || schedule.pausedAt !== pausedAt) {
    throw new Refusal(
      `it exists here ${runsNext(schedule)}, and at the source ${runsNext(record)}: to copy it again, delete it here first`,
    );
  }
  return !isKnown;
}

function runsNext({ nextRunAt, pausedAt }: ScheduleRecord): string {
  const next = nextRunAt === MAX_TIME ? 'without a next run' : `with its next run at ${instant(nextRunAt)}`;
  return pausedAt === undefined ? next : `${next}, paused at ${instant(pausedAt)}`;
}

/**
 * Halts the task of an imported promise. It does so as of time 0, so that the request does not settle an expired
 * promise.
 * @returns whether it was not halted before. @throws Refusal
 */
export async function haltTask({ id }: Pick<TaskRecord, 'id'>, options: ClientOptions): Promise<boolean> {
  const { task } = (await asOf(0, 'task.get', { id }, options)) as { task: TaskRecord };
  if (task.state === 'halted') return false;
  await asOf(0, 'task.halt', { id }, options);
  return true;
}
