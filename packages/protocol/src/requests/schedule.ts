import { z } from 'zod';
import * as field from '../fields.ts';
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
  })
  .superRefine(({ promiseTags }, context) => {
    const fault = targetFault(promiseTags);
    if (fault) context.addIssue(fault);
  });

export const scheduleDelete = z.object({ id: field.id });

export const scheduleSearch = z.object({
  tags: field.optional(field.searchTags),
  limit: field.optional(field.limit),
  cursor: field.optional(field.cursor),
});
