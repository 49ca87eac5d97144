import { z } from 'zod';
import { parseAddress } from '../address.ts';
import * as field from '../fields.ts';
import { PUBLIC_TEXT } from '../public-texts.ts';
import { PROMISE_STATES, SETTLED_STATES, type StringMap } from '../records.ts';
import { TAG } from '../tags.ts';

/** The `data` of each `promise.*` kind (protocol sections 3 and 5). */

/** What is wrong with the target tag; null if it is valid. */
export function targetError(tags: StringMap): string | null {
  const target = tags[TAG.target];
  if (target === undefined || parseAddress(target) !== null) return null;
  return `${PUBLIC_TEXT.targetAddress}: ${JSON.stringify(shortened(target))}`;
}

/** The beginning of a text, enough to recognize it. */
const SHOWN_LENGTH = 200;

function shortened(text: string): string {
  return text.length <= SHOWN_LENGTH ? text : `${text.slice(0, SHOWN_LENGTH).toWellFormed()}…`;
}

export const promiseCreateData = z
  .object({ id: field.newIdOfPromise, timeoutAt: field.timeoutAt, param: field.value, tags: field.newTags })
  .superRefine((data, context) => {
    const error = targetError(data.tags);
    if (error) context.addIssue(error);
  });

export const promiseSettleData = z.object({
  id: field.idOfPromise,
  state: z.enum(SETTLED_STATES, `state must be one of ${SETTLED_STATES.join(', ')}`),
  value: field.value,
});

export const promiseGetData = z.object({ id: field.idOfPromise });

export const promiseRegisterCallbackData = z
  .object({ awaited: field.awaited, awaiter: field.awaiter })
  .refine((data) => data.awaited !== data.awaiter, PUBLIC_TEXT.samePromise);

export const promiseRegisterListenerData = z.object({ awaited: field.awaited, address: field.address });

export const promiseSearchData = z.object({
  state: field.optional(z.enum(PROMISE_STATES, `state must be one of ${PROMISE_STATES.join(', ')}`)),
  tags: field.optional(field.searchTags),
  limit: field.optional(field.limit),
  cursor: field.optional(field.cursor),
});
