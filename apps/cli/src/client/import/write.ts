import { isDeepStrictEqual } from 'node:util';
import type { PromiseRecord, ScheduleRecord } from '@resonate/protocol';
import { ClientError, type ClientOptions } from '../http.ts';
import { persistently } from './persistently.ts';

/** Why one record was not taken over; the others are. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

/** Of these the record is to blame, not the server or the way to it. */
const RECORD_IS_WRONG = new Set([400, 404, 409, 413, 422]);

/** One request as of `at` (epoch ms): the server in debug mode takes that for the present. */
async function asOf(at: number, kind: string, data: object, options: ClientOptions) {
  try {
    return await persistently(kind, data, { ...options, debugTime: at });
  } catch (error) {
    if (!(error instanceof ClientError) || !RECORD_IS_WRONG.has(error.status ?? 0)) throw error;
    throw new Refusal(error.message);
  }
}

/**
 * Makes a promise what it is at the source, to the millisecond: created as of its creation, settled as of its settlement.
 * @throws Refusal when the id is taken by another promise, or the outcome is not the source's.
 */
export async function writePromise(record: PromiseRecord, options: ClientOptions): Promise<void> {
  const { id, state, param, value, tags, timeoutAt, createdAt, settledAt } = record;
  const kept = await asOf(createdAt, 'promise.create', { id, param, tags, timeoutAt }, options);
  let promise = kept['promise'] as PromiseRecord;
  const differing = (['param', 'tags', 'timeoutAt', 'createdAt'] as const).find(
    (field) => !isDeepStrictEqual(promise[field], record[field]),
  );
  if (differing !== undefined) throw new Refusal(`the id is taken by a promise with another ${differing}`);
  if (promise.state === 'pending' && settledAt !== undefined) {
    // Nobody can ask for a time-out: it comes when the promise is looked at as of its time.
    const settled =
      state === 'rejected_timedout'
        ? await asOf(settledAt, 'promise.get', { id }, options)
        : await asOf(settledAt, 'promise.settle', { id, state, value }, options);
    promise = settled['promise'] as PromiseRecord;
  }
  if (!isDeepStrictEqual({ ...promise }, { ...record })) {
    throw new Refusal(`it is ${promise.state} here and ${state} at the source, or has another value or time`);
  }
}

/** What a schedule is, beside when it ran. */
const DEFINITION = [
  ...(['cron', 'promiseId', 'promiseTimeout', 'promiseParam', 'promiseTags'] as const),
  ...(['timezone', 'overlap', 'catchUp'] as const),
];

/**
 * Makes a schedule that goes on where that of the source is: created as of its last run, so that its next one is the next.
 * @throws Refusal when the id is taken by another schedule.
 */
export async function writeSchedule(record: ScheduleRecord, options: ClientOptions): Promise<void> {
  const { id, createdAt, lastRunAt } = record;
  const data = { id, ...Object.fromEntries(DEFINITION.map((field) => [field, record[field]])) };
  const kept = await asOf(lastRunAt ?? createdAt, 'schedule.create', data, options);
  const schedule = kept['schedule'] as ScheduleRecord;
  const differing = DEFINITION.find((field) => !isDeepStrictEqual(schedule[field], record[field]));
  if (differing !== undefined) throw new Refusal(`the id is taken by a schedule with another ${differing}`);
  if (record.pausedAt !== undefined && schedule.pausedAt === undefined) {
    await asOf(record.pausedAt, 'schedule.pause', { id }, options);
  }
}

/**
 * Halts the task of an imported promise, as of a time before any: a promise that has expired since is not settled by it.
 * @throws Refusal
 */
export async function haltTask(id: string, options: ClientOptions): Promise<void> {
  await asOf(0, 'task.halt', { id }, options);
}
