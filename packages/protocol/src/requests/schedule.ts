import { z } from 'zod';
import * as field from '../fields.ts';
import { CATCH_UP_POLICIES, OVERLAP_POLICIES } from '../records.ts';
import { targetFault } from './promise.ts';

/** What a client may send in `data` of each `schedule.*` kind (protocol sections 3 and 5). */

export const scheduleGet = z.object({ id: field.id });

export const scheduleCreate = z
  .object({
    id: field.id,
    cron: field.cron,
    promiseId: field.promiseId,
    promiseTimeout: field.promiseTimeout,
    promiseParam: field.value,
    promiseTags: field.newTags,
    timezone: field.optional(field.timezone),
    overlap: field.optional(z.enum(OVERLAP_POLICIES, `overlap must be one of ${OVERLAP_POLICIES.join(', ')}`)),
    catchUp: field.optional(z.enum(CATCH_UP_POLICIES, `catchUp must be one of ${CATCH_UP_POLICIES.join(', ')}`)),
  })
  .superRefine(({ promiseTags }, context) => {
    const fault = targetFault(promiseTags);
    if (fault) context.addIssue(fault);
  });

export const scheduleDelete = z.object({ id: field.id });

export const schedulePause = z.object({ id: field.id });

export const scheduleResume = z.object({ id: field.id });

export const scheduleTrigger = z.object({ id: field.id });

export const schedulePreview = z.object({ id: field.id, limit: field.optional(field.previewLimit) });

export const scheduleSearch = z.object({
  tags: field.optional(field.searchTags),
  limit: field.optional(field.limit),
  cursor: field.optional(field.cursor),
});
