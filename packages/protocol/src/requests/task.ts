import { z } from 'zod';
import * as field from '../fields.ts';
import { PUBLIC_TEXT } from '../public-texts.ts';
import { TASK_STATES } from '../records.ts';
import { TAG } from '../tags.ts';
import { promiseCreate, promiseRegisterCallback, promiseSettle } from './promise.ts';

/** The `data` of each `task.*` kind (protocol sections 3 and 5). */

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
    if (action.data.tags[TAG.target] === undefined) context.addIssue(PUBLIC_TEXT.noTarget);
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
  .refine(({ id, action }) => action.data.id === id, PUBLIC_TEXT.fulfillId);

export const taskSuspend = z
  .object({
    ...versioned,
    actions: field.listOf(
      'actions',
      z.object({
        kind: z.literal('promise.register_callback', 'an action of task.suspend must be promise.register_callback'),
        data: promiseRegisterCallback,
      }),
      PUBLIC_TEXT.noActions,
    ),
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
        z.object({ kind: z.literal('promise.create'), data: promiseCreate }),
        z.object({ kind: z.literal('promise.settle'), data: promiseSettle }),
      ],
      `${PUBLIC_TEXT.fenceKind}: it must be promise.create or promise.settle`,
    ),
  })
  .refine(({ id, action }) => action.data.id !== id, 'the action must be on another promise than the one of the task');

export const taskHeartbeat = z.object({
  pid: field.pid,
  tasks: field.listOf('tasks', z.object(versioned)),
});

export const taskHalt = z.object({ id: field.id });

export const taskContinue = z.object({ id: field.id });

export const taskSearch = z.object({
  state: field.optional(z.enum(TASK_STATES, `state must be one of ${TASK_STATES.join(', ')}`)),
  limit: field.optional(field.limit),
  cursor: field.optional(field.cursor),
});
