import { nextOccurrence, type ScheduleRecord } from '@resonate/protocol';
import type { Fields } from './fields.ts';
import { createIfAbsent, hasTags, page } from './promises.ts';
import { byId, type Context, Refusal } from './state.ts';

/** Section 5 of the protocol, `schedule.*`: one function per kind, and the firing. */

function scheduleOr404({ state }: Context, id: string): ScheduleRecord {
  const schedule = state.schedules.get(id);
  if (!schedule) throw new Refusal(404, `no schedule ${id}`);
  return structuredClone(schedule);
}

export function scheduleGet(context: Context, data: Fields): unknown {
  return { schedule: scheduleOr404(context, data.text('id')) };
}

export function scheduleCreate(context: Context, data: Fields): unknown {
  const wanted = {
    id: data.text('id'),
    cron: data.cron('cron'),
    promiseId: data.text('promiseId'),
    promiseTimeout: data.integer('promiseTimeout', 0),
    promiseParam: data.value('promiseParam'),
    promiseTags: data.stringMap('promiseTags'),
  };
  if (!context.state.schedules.has(wanted.id)) {
    const nextRunAt = nextAfter(wanted.cron, context.now);
    context.state.schedules.set(wanted.id, { ...wanted, createdAt: context.now, nextRunAt });
  }
  return { schedule: scheduleOr404(context, wanted.id) };
}

export function scheduleDelete(context: Context, data: Fields): unknown {
  const { id } = scheduleOr404(context, data.text('id'));
  context.state.schedules.delete(id);
  return {};
}

export function scheduleSearch(context: Context, data: Fields): unknown {
  const tags = data.stringMap('tags');
  const [limit, after] = [data.limit(10), data.optionalText('cursor')];
  const found = byId(context.state.schedules.values()).filter((schedule) => hasTags(schedule.promiseTags, tags));
  const { records, cursor } = page(found, limit, after);
  return { schedules: structuredClone(records), ...cursor };
}

/** Fires one occurrence: the promise is created as of the occurrence, whenever that comes to be done. */
export function fire(context: Context, schedule: ScheduleRecord): void {
  const occurredAt = schedule.nextRunAt;
  const id = schedule.promiseId.replaceAll('{{.id}}', schedule.id).replaceAll('{{.timestamp}}', String(occurredAt));
  createIfAbsent(
    { ...context, now: occurredAt },
    {
      id,
      timeoutAt: occurredAt + schedule.promiseTimeout,
      param: schedule.promiseParam,
      tags: {
        ...schedule.promiseTags,
        'resonate:schedule': schedule.id,
        'resonate:origin': id,
        'resonate:branch': id,
        'resonate:parent': id,
        'resonate:prefix': id,
      },
    },
  );
  schedule.lastRunAt = occurredAt;
  schedule.nextRunAt = nextAfter(schedule.cron, occurredAt);
}

/** A schedule that never comes again waits at the end of time. */
function nextAfter(cron: string, at: number): number {
  return nextOccurrence({ cron }, at) ?? Number.MAX_SAFE_INTEGER;
}
