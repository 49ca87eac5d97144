import { CRON_DIALECTS, nextOccurrence, type ScheduleRecord } from '@resonate/protocol';
import { copyOf } from '../copy-of.ts';
import { bad, type Fields } from './fields.ts';
import { createIfAbsent, hasTags, type NewPromise, page } from './promises.ts';
import { isPending, settle, touch, viewPromise } from './rules.ts';
import { byId, type Context, Refusal } from './state.ts';

/** Section 5 of the protocol, `schedule.*`: one function per kind, and the firing. */

function scheduleOr404({ state }: Context, id: string): ScheduleRecord {
  const schedule = state.schedules.get(id);
  if (!schedule) throw new Refusal(404, `no schedule ${id}`);
  return copyOf(schedule);
}

export function scheduleGet(context: Context, data: Fields): unknown {
  return { schedule: scheduleOr404(context, data.text('id')) };
}

function definitionIn(data: Fields) {
  const cronDialect = data.has('cronDialect') ? data.oneOf('cronDialect', CRON_DIALECTS) : 'resonate';
  return {
    cron: data.cron('cron', cronDialect),
    promiseId: data.text('promiseId'),
    promiseTimeout: data.integer('promiseTimeout', 0),
    promiseParam: data.value('promiseParam'),
    promiseTags: data.stringMap('promiseTags'),
    ...(cronDialect === 'unix' && { cronDialect }),
    ...(data.has('timezone') && { timezone: data.timezone('timezone') }),
    ...(data.has('overlap') && { overlap: data.oneOf('overlap', ['allow', 'skip', 'cancel']) }),
    ...(data.has('catchUp') && { catchUp: data.oneOf('catchUp', ['all', 'last', 'none']) }),
  };
}

export function scheduleCreate(context: Context, data: Fields): unknown {
  const [id, wanted] = [data.text('id'), definitionIn(data)];
  if (!context.state.schedules.has(id)) {
    const nextRunAt = firstRun(wanted, context.now);
    context.state.schedules.set(id, { id, ...wanted, createdAt: context.now, nextRunAt });
  }
  return { schedule: scheduleOr404(context, id) };
}

/** Replaces the whole definition. An occurrence that is already due stays due. */
export function scheduleUpdate(context: Context, data: Fields): unknown {
  const [id, wanted] = [data.text('id'), definitionIn(data)];
  const firstRunAt = firstRun(wanted, context.now);
  const { createdAt, nextRunAt, lastRunAt, pausedAt } = scheduleOr404(context, id);
  context.state.schedules.set(id, {
    id,
    ...wanted,
    createdAt,
    nextRunAt: nextRunAt > context.now && pausedAt === undefined ? firstRunAt : nextRunAt,
    ...(lastRunAt !== undefined && { lastRunAt }),
    ...(pausedAt !== undefined && { pausedAt }),
  });
  return { schedule: scheduleOr404(context, id) };
}

export function scheduleDelete(context: Context, data: Fields): unknown {
  const { id } = scheduleOr404(context, data.text('id'));
  context.state.schedules.delete(id);
  return {};
}

/** Occurrences that are already due still fire. No others fire until the schedule is resumed. */
export function schedulePause(context: Context, data: Fields): unknown {
  const { id } = scheduleOr404(context, data.text('id'));
  const schedule = context.state.schedules.get(id)!;
  if (schedule.pausedAt === undefined) {
    schedule.pausedAt = context.now;
    if (schedule.nextRunAt > context.now) schedule.nextRunAt = NEVER;
  }
  return { schedule: scheduleOr404(context, id) };
}

export function scheduleResume(context: Context, data: Fields): unknown {
  const { id } = scheduleOr404(context, data.text('id'));
  const schedule = context.state.schedules.get(id)!;
  if (schedule.pausedAt !== undefined) {
    if (schedule.nextRunAt > schedule.pausedAt) schedule.nextRunAt = nextAfter(schedule, context.now);
    delete schedule.pausedAt;
  }
  return { schedule: scheduleOr404(context, id) };
}

export function scheduleTrigger(context: Context, data: Fields): unknown {
  const { id } = scheduleOr404(context, data.text('id'));
  const schedule = context.state.schedules.get(id)!;
  if (!run(context, schedule, context.now)) throw new Refusal(409, 'the last run is still pending');
  return { schedule: scheduleOr404(context, id), promise: viewPromise(context, promiseIdOf(schedule, context.now)) };
}

export function schedulePreview(context: Context, data: Fields): unknown {
  const [id, limit] = [data.text('id'), data.limit(10, 100)];
  const schedule = scheduleOr404(context, id);
  const runs: number[] = [];
  if (schedule.pausedAt !== undefined) return { runs };
  for (let at = nextAfter(schedule, context.now); at !== NEVER && runs.length < limit; at = nextAfter(schedule, at)) {
    runs.push(at);
  }
  return { runs };
}

export function scheduleSearch(context: Context, data: Fields): unknown {
  const tags = data.stringMap('tags');
  const [limit, after] = [data.limit(10), data.optionalText('cursor')];
  const found = byId(context.state.schedules.values()).filter((schedule) => hasTags(schedule.promiseTags, tags));
  const { records, cursor } = page(found, limit, after);
  return { schedules: copyOf(records), ...cursor };
}

/** An occurrence that is late by more than this counts as missed. */
const MISSED_MS = 60_000;

/** Fires one occurrence. However late it is, its promise is created as of the time of the occurrence. */
export function fire(context: Context, schedule: ScheduleRecord): void {
  let occurredAt = schedule.nextRunAt;
  if (schedule.catchUp === 'last' || schedule.catchUp === 'none') {
    // Fires only the last of the due occurrences and skips the earlier ones.
    for (let at = occurredAt; isDue(context, schedule, at); at = nextAfter(schedule, at)) occurredAt = at;
  }
  const isMissed = schedule.catchUp === 'none' && context.now > occurredAt + MISSED_MS;
  if (!isMissed) run(context, schedule, occurredAt);
  schedule.nextRunAt = nextAfter(schedule, occurredAt);
  if (schedule.pausedAt !== undefined && schedule.nextRunAt > schedule.pausedAt) schedule.nextRunAt = NEVER;
}

function isDue({ now }: Context, { pausedAt }: ScheduleRecord, at: number): boolean {
  return at <= now && (pausedAt === undefined || at <= pausedAt);
}

/** Creates the promise of a run. @returns false if the last run is pending and the overlap policy is `skip`. */
function run(context: Context, schedule: ScheduleRecord, at: number): boolean {
  const id = promiseIdOf(schedule, at);
  const lastId = schedule.lastRunAt === undefined ? id : promiseIdOf(schedule, schedule.lastRunAt);
  if (lastId !== id && (schedule.overlap === 'skip' || schedule.overlap === 'cancel')) {
    touch(context, [lastId]);
    if (isPending(context, lastId)) {
      if (schedule.overlap === 'skip') return false;
      settle(context, lastId, 'rejected_canceled', {}, context.now);
    }
  }
  createIfAbsent({ ...context, now: at }, promiseOf(schedule, id, at));
  schedule.lastRunAt = at;
  return true;
}

function promiseIdOf(schedule: ScheduleRecord, at: number): string {
  const parts = schedule.promiseId.split('{{.id}}');
  return parts.map((part) => part.split('{{.timestamp}}').join(String(at))).join(schedule.id);
}

function promiseOf(schedule: ScheduleRecord, id: string, at: number): NewPromise {
  return {
    id,
    timeoutAt: at + schedule.promiseTimeout,
    param: schedule.promiseParam,
    tags: {
      ...schedule.promiseTags,
      'resonate:schedule': schedule.id,
      'resonate:origin': id,
      'resonate:branch': id,
      'resonate:parent': id,
      'resonate:prefix': id,
    },
  };
}

/** A schedule without further occurrences has the largest time. */
const NEVER = Number.MAX_SAFE_INTEGER;

function nextAfter(schedule: Pick<ScheduleRecord, 'cron' | 'cronDialect' | 'timezone'>, at: number): number {
  return nextOccurrence(schedule, at) ?? NEVER;
}

/** The first occurrence of a new definition. */
function firstRun(definition: Parameters<typeof nextAfter>[0], now: number): number {
  const at = nextAfter(definition, now);
  if (at === NEVER) throw bad('cron has no occurrence in the future');
  return at;
}
