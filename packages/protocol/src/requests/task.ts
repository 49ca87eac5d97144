import { z } from 'zod';
import * as field from '../fields.ts';
import { TASK_STATES } from '../records.ts';
import { TAG } from '../tags.ts';
import { promiseCreate, promiseRegisterCallback, promiseSettle } from './promise.ts';

/** What a client may send in `data` of each `task.*` kind (protocol sections 3 and 5). */

const versioned = { id: field.id, version: field.version };

export const taskGet = z.object({ id: field.id });

export const taskCreate = z
  .object({
    pid: field.pid,
    ttl: field.ttl,
    action: z.object({
      kind: z.literal('promise.create', 'action.kind must be promise.create'),
      data: promiseCreate,
    }),
  })
  .superRefine(({ action }, context) => {
    if (action.data.tags[TAG.target] === undefined) context.addIssue(`action.data.tags must have ${TAG.target}`);
  });

export const taskAcquire = z.object({ ...versioned, pid: field.pid, ttl: field.ttl });

export const taskRelease = z.object(versioned);

export const taskFulfill = z
  .object({
    ...versioned,
    action: z.object({
      kind: z.literal('promise.settle', 'action.kind must be promise.settle'),
      data: promiseSettle,
    }),
  })
  .refine(({ id, action }) => action.data.id === id, 'action.data.id must be the id of the task');

export const taskSuspend = z
  .object({
    ...versioned,
    actions: z
      .array(
        z.object({
          kind: z.literal('promise.register_callback', 'an action of task.suspend must be promise.register_callback'),
          data: promiseRegisterCallback,
        }),
        'actions must be an array',
      )
      .min(1, 'actions must not be empty')
      .max(field.MAX_NAMED, `actions must not be more than ${field.MAX_NAMED}`),
  })
  .refine(
    ({ id, actions }) => actions.every((action) => action.data.awaiter === id),
    'data.awaiter of every action must be the id of the task',
  );

export const taskFence = z
  .object({
    ...versioned,
    action: z.discriminatedUnion(
      'kind',
      [
        z.object({ kind: z.literal('promise.create'), head: z.unknown().optional(), data: promiseCreate }),
        z.object({ kind: z.literal('promise.settle'), head: z.unknown().optional(), data: promiseSettle }),
      ],
      'action.kind must be promise.create or promise.settle',
    ),
  })
  .refine(({ id, action }) => action.data.id !== id, 'the action must be on another promise than the one of the task');

export const taskHeartbeat = z.object({
  pid: field.pid,
  tasks: z
    .array(z.object(versioned), 'tasks must be an array')
    .max(field.MAX_NAMED, `tasks must not be more than ${field.MAX_NAMED}`),
});

export const taskHalt = z.object({ id: field.id });

export const taskContinue = z.object({ id: field.id });

export const taskSearch = z.object({
  state: field.optional(z.enum(TASK_STATES, `state must be one of ${TASK_STATES.join(', ')}`)),
  limit: field.optional(field.limit),
  cursor: field.optional(field.cursor),
});
