import { PROMISE_STATES } from '@resonate/protocol/records';
import { z } from 'zod';
import { at, count } from './fields.ts';

/** The maximum number of promises in a chain of waits that is followed. */
export const MAX_HOPS = 32;

/** Why a promise is pending, or how it ended. docs/troubleshooting.md explains each. */
const CAUSES = [
  /** Pending: a task waits for its message, or its worker. */
  'no_worker',
  'given_back',
  'target_fails',
  'transport_off',
  'not_delivered',
  'not_taken',
  'in_delivery',
  'delayed',
  'halted',
  'held',
  /** Pending: nobody works on it. */
  'sleeping',
  'outside',
  'abandoned',
  'timers_late',
  /** Pending: the wait could not be followed to its end. */
  'cycle',
  'too_deep',
  'hidden',
  /** Settled. */
  'resolved',
  'failed',
  'canceled',
  'timed_out',
  'notification_waits',
  'dead_letter',
  /** Of a schedule. */
  'schedule_waits',
  'schedule_paused',
  'schedule_fails',
] as const;
export type Cause = (typeof CAUSES)[number];

const answer = {
  now: at,
  id: z.string(),
  cause: z.enum(CAUSES),
  /** The explanation, one English sentence. Times are in UTC. */
  sentence: z.string(),
  /** What to do about it. */
  action: z.string(),
  /** The command of `resonate` that does it, for a terminal. Absent if no command does. */
  command: z.string().optional(),
  /** False if it continues by itself, or ended normally. */
  needsAction: z.boolean(),
  /** The error of the target, the promise or the schedule. */
  error: z.string().optional(),
  /** When this state began. For `held`: when the worker last renewed its lease. */
  since: at.optional(),
  /** When this state ends, or when the server tries again. */
  until: at.optional(),
};

/** GET /admin/promises/ID/why */
export const WHY = z.object({
  ...answer,
  /** The promise to look at: the end of the wait, or the descendant that failed. Absent if it is the promise itself. */
  promise: z.string().optional(),
  /**
   * From the promise itself to the end of the wait, or to the descendant that failed. Each promise waits for the next
   * one, is a step of it, or failed because of it.
   */
  chain: z.array(
    z.object({
      id: z.string(),
      state: z.enum(PROMISE_STATES),
      function: z.string().optional(),
      /** How many other promises it waits for. The count stops at 100. */
      others: count.optional(),
    }),
  ),
});
export type Why = z.infer<typeof WHY>;

/** GET /admin/schedules/ID/why */
export const SCHEDULE_WHY = z.object(answer);
export type ScheduleWhy = z.infer<typeof SCHEDULE_WHY>;
