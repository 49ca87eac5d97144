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

/**
 * A 400 if the expression of a request is not valid. The protocol's schema checks it already if the request names its dialect.
 * Otherwise the server's own dialect applies, which only the machine knows.
 */
export function refusedCron(
  { cron, cronDialect }: Pick<Given, 'cron' | 'cronDialect'>,
  { cronDialect: usual = 'resonate' }: Pick<Context, 'cronDialect'>,
): Reply | null {
  const error = cronError(cron, cronDialect ?? usual);
  return error === null ? null : fail(400, `${PUBLIC_TEXT.cron}: it ${error}`);
}

/** The definition in a request, and its first occurrence after now; or a 400 if there is none. */
export function readDefinition(
  given: Given,
  context: Pick<Context, 'now' | 'cronDialect'>,
): { definition: Definition; firstRunAt: number } | { refusal: Reply } {
  const refusal = refusedCron(given, context);
  if (refusal) return { refusal };
  const { cron, promiseId, promiseTimeout, promiseParam, promiseTags } = given;
  const cronDialect: CronDialect = given.cronDialect ?? context.cronDialect ?? 'resonate';
  const timezone = given.timezone ?? null;
  const firstRunAt = nextOccurrence({ cron, cronDialect, timezone }, context.now);
  if (firstRunAt === null) return { refusal: fail(400, `${PUBLIC_TEXT.cron}: it has no occurrence in the future`) };
  const definition = {
    ...{ cron, promiseId, promiseTimeout, promiseParam, promiseTags, timezone },
    overlap: given.overlap ?? null,
    catchUp: given.catchUp ?? null,
    cronDialect: cronDialect === 'resonate' ? null : cronDialect,
  };
  return { definition, firstRunAt };
}
