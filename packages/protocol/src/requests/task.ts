import { z } from 'zod';
import * as field from '../fields.ts';
import { PUBLIC_TEXT } from '../public-texts.ts';
import { TASK_STATES } from '../records.ts';
import { TAG } from '../tags.ts';
import { promiseCreateData, promiseRegisterCallbackData, promiseSettleData } from './promise.ts';

/** The `data` of each `task.*` kind (protocol sections 3 and 5). */

const versioned = { id: field.id, version: field.version };

export const taskGetData = z.object({ id: field.id });

export const taskCreateData = z
  .object({
    pid: field.pid,
    ttl: field.ttl,
    action: z.object({
      kind: z.literal('promise.create', 'action.kind must be promise.create'),
      data: promiseCreateData,
    }),
  })
  .superRefine(({ action }, context) => {
    if (action.data.tags[TAG.target] === undefined) context.addIssue(PUBLIC_TEXT.noTarget);
  });

export const taskAcquireData = z.object({ ...versioned, pid: field.pid, ttl: field.ttl });

export const taskReleaseData = z.object(versioned);

export const taskFulfillData = z
  .object({
    ...versioned,
    action: z.object({
      kind: z.literal('promise.settle', 'action.kind must be promise.settle'),
      data: promiseSettleData,
    }),
    // The second `optional` is for the type: callers in this process may leave the field out.
    steps: field
      .optional(field.listOf('steps', z.object({ create: promiseCreateData, settle: promiseSettleData })))
      .optional(),
  })
  .refine(({ id, action }) => action.data.id === id, PUBLIC_TEXT.fulfillId)
  .refine(
    ({ steps = [] }) => steps.every(({ create, settle }) => create.id === settle.id),
    'create and settle of a step must have the same id',
  )
  .refine(
    ({ id, steps = [] }) => new Set([id, ...steps.map(({ create }) => create.id)]).size === steps.length + 1,
    'every step must have its own id, and not the one of the task',
  );

export const taskSuspendData = z
  .object({
    ...versioned,
    actions: field.listOf(
      'actions',
      z.object({
        kind: z.literal('promise.register_callback', 'an action of task.suspend must be promise.register_callback'),
        data: promiseRegisterCallbackData,
      }),
      PUBLIC_TEXT.noActions,
    ),
  })
  .refine(
    ({ id, actions }) => actions.every((action) => action.data.awaiter === id),
    'data.awaiter of every action must be the id of the task',
  );

export const taskFenceData = z
  .object({
    ...versioned,
    action: z.discriminatedUnion(
      'kind',
      [
        z.object({ kind: z.literal('promise.create'), data: promiseCreateData }),
        z.object({ kind: z.literal('promise.settle'), data: promiseSettleData }),
      ],
      `${PUBLIC_TEXT.fenceKind}: it must be promise.create or promise.settle`,
    ),
  })
  .refine(({ id, action }) => action.data.id !== id, 'the action must be on another promise than the one of the task');

export const taskHeartbeatData = z.object({
  pid: field.pid,
  tasks: field.listOf('tasks', z.object(versioned)),
});

export const taskHaltData = z.object({ id: field.id });

export const taskContinueData = z.object({ id: field.id });

export const taskSearchData = z.object({
  state: field.optional(z.enum(TASK_STATES, `state must be one of ${TASK_STATES.join(', ')}`)),
  limit: field.optional(field.limit),
  cursor: field.optional(field.cursor),
});
