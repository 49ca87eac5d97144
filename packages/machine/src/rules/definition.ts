import {
  cronError,
  type CronDialect,
  nextOccurrence,
  PUBLIC_TEXT,
  type Reply,
  type RequestData,
} from '@resonate/protocol';
import { fail, type Context } from '../operation.ts';
import type { ScheduleRow } from '../rows.ts';

/** The part of a schedule that its clients choose. */
export type Definition = Omit<ScheduleRow, 'id' | 'createdAt' | 'nextRunAt' | 'lastRunAt' | 'fault' | 'pausedAt'>;

type Given = Omit<RequestData<'schedule.create'>, 'id'>;

/** The definition in a request, and its first occurrence after now; or a 400 if there is none. */
export function readDefinition(
  { cron, promiseId, promiseTimeout, promiseParam, promiseTags, ...given }: Given,
  { now, cronDialect: usual = 'resonate' }: Pick<Context, 'now' | 'cronDialect'>,
): { definition: Definition; firstRunAt: number } | { refusal: Reply } {
  const cronDialect: CronDialect = given.cronDialect ?? usual;
  const error = cronError(cron, cronDialect);
  if (error) return { refusal: fail(400, `${PUBLIC_TEXT.cron}: it ${error}`) };
  const timezone = given.timezone ?? null;
  const firstRunAt = nextOccurrence({ cron, cronDialect, timezone }, now);
  if (firstRunAt === null) return { refusal: fail(400, `${PUBLIC_TEXT.cron}: it has no occurrence in the future`) };
  const definition = {
    ...{ cron, promiseId, promiseTimeout, promiseParam, promiseTags, timezone },
    overlap: given.overlap ?? null,
    catchUp: given.catchUp ?? null,
    cronDialect: cronDialect === 'resonate' ? null : cronDialect,
  };
  return { definition, firstRunAt };
}
