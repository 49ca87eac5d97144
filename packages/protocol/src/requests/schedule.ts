import { z } from 'zod';
import { cronError } from '../cron.ts';
import { CRON_DIALECTS } from '../cron-expression.ts';
import * as field from '../fields.ts';
import { templateError } from '../limits.ts';
import { PUBLIC_TEXT } from '../public-texts.ts';
import { CATCH_UP_POLICIES, OVERLAP_POLICIES } from '../records.ts';
import { targetError } from './promise.ts';

/** The `data` of each `schedule.*` kind (protocol sections 3 and 5). */

export const scheduleGetData = z.object({ id: field.id });

export const scheduleCreateData = z
  .object({
    id: field.newId,
    cron: field.cron,
    /** How `cron` is read; the server's `schedules.cron` if absent. */
    cronDialect: field.optional(z.enum(CRON_DIALECTS, `cronDialect must be one of ${CRON_DIALECTS.join(', ')}`)),
    promiseId: field.promiseId,
    promiseTimeout: field.promiseTimeout,
    promiseParam: field.value,
    promiseTags: field.newTags,
    timezone: field.optional(field.timezone),
    overlap: field.optional(z.enum(OVERLAP_POLICIES, `overlap must be one of ${OVERLAP_POLICIES.join(', ')}`)),
    catchUp: field.optional(z.enum(CATCH_UP_POLICIES, `catchUp must be one of ${CATCH_UP_POLICIES.join(', ')}`)),
  })
  .superRefine(({ id, promiseId, promiseTags, cron, cronDialect }, context) => {
    const error = targetError(promiseTags) ?? templateError(promiseId, id);
    if (error) context.addIssue(error);
    const cronErrors = (cronDialect ? [cronDialect] : CRON_DIALECTS).map((dialect) => cronError(cron, dialect));
    // Without a dialect the server's default applies. It is not known here, so one valid dialect is enough.
    const [first] = cronErrors;
    if (first && !cronErrors.includes(null))
      context.addIssue({ code: 'custom', path: ['cron'], message: `${PUBLIC_TEXT.cron}: it ${first}` });
  });

export const scheduleDeleteData = z.object({ id: field.id });

export const schedulePauseData = z.object({ id: field.id });

export const scheduleResumeData = z.object({ id: field.id });

export const scheduleTriggerData = z.object({ id: field.id });

export const schedulePreviewData = z.object({ id: field.id, limit: field.optional(field.previewLimit) });

export const scheduleSearchData = z.object({
  tags: field.optional(field.searchTags),
  limit: field.optional(field.limit),
  cursor: field.optional(field.cursor),
});
