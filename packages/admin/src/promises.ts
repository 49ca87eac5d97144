import { PROMISE_STATES, TASK_STATES } from '@resonate/protocol/records';
import { z } from 'zod';
import { DEAD_LETTER } from './dead-letters.ts';
import { at, count, cursor, flag, pageSize, repeated, tags, text, time, value } from './fields.ts';

const MAX_TAGS = 8;
/** Maximum length of a function's name. The server stores only the beginning of a longer one. */
const MAX_FUNCTION_NAME = 160;
const MAX_GRAPH_PAGE = 2_000;

const promiseState = z.enum(PROMISE_STATES);
const taskState = z.enum(TASK_STATES);

const filters = {
  prefix: text.optional().meta({ description: 'The beginning of the id' }),
  from: time.optional().meta({ description: 'Created at this time or later, epoch ms' }),
  to: time.optional().meta({ description: 'Created before this time, epoch ms' }),
  cursor: cursor.optional(),
};

/** GET /admin/promises: newest first. */
export const PROMISES_QUERY = z.strictObject({
  ...filters,
  state: z
    .enum([...PROMISE_STATES, 'failed'])
    .optional()
    .meta({ description: '`failed`: rejected, canceled or timed out' }),
  tag: repeated(text.regex(/^[^=]+=/, 'must be NAME=VALUE'), MAX_TAGS)
    .optional()
    .meta({ description: 'NAME=VALUE; if repeated, all must match' }),
  func: text.max(MAX_FUNCTION_NAME).optional().meta({
    description: 'The name of the function that the param calls; for a longer name, give its first 160 characters',
  }),
  roots: flag.optional().meta({ description: 'Only roots: promises that no other promise has called' }),
  reasons: flag.optional().meta({ description: 'Also say in a few words why each pending promise is pending' }),
  steps: flag.optional().meta({ description: 'Only promises that another promise has called' }),
  limit: pageSize(500, 50),
});
export type PromisesQuery = z.input<typeof PROMISES_QUERY>;

const summary = {
  id: z.string(),
  /** The state that clients see: an expired promise is shown as settled. */
  state: promiseState,
  createdAt: at,
  settledAt: at.optional(),
  timeoutAt: at,
  /** The name of the function that an SDK wrote into the param, if it can be parsed. */
  function: z.string().optional(),
};

const PROMISE_SUMMARY = z.object({
  ...summary,
  /** At most 32 tags, with values cut to 256 characters. */
  tags,
  /** The root of its call graph; absent if the promise has no such tag. */
  origin: z.string().optional(),
  /** Of a failed promise: the error in its value, at most 300 characters; absent if the value is empty. */
  error: z.string().optional(),
  /** Of a pending promise, if the query has `reasons`: why it is pending, in a few words. */
  reason: z.string().optional(),
});
export type PromiseSummary = z.infer<typeof PROMISE_SUMMARY>;

const paged = {
  now: at,
  /** The cursor of the next page; absent if there is none. A page may be short or empty and still have a next one. */
  cursor: z.string().optional(),
  /** All matching promises that were created at this time or later have been returned. */
  searchedTo: at.optional(),
};
export const PROMISES = z.object({ ...paged, promises: z.array(PROMISE_SUMMARY) });
export type Promises = z.infer<typeof PROMISES>;

/** GET /admin/counts: numbers of tasks by state, and of failed workflows. A token with a prefix counts only its ids. */
export const COUNTS = z.object({
  now: at,
  /** Counting stops here: a count of this number means "at least". */
  limit: count,
  /** Tasks that a worker holds. */
  running: count,
  /** Tasks that wait for a worker. */
  waiting: count,
  /** Tasks that wait for a promise: a call, a timer, or a promise that is settled outside of the workflow. */
  suspended: count,
  /** Workflows that were rejected, canceled or timed out. */
  failed: count,
  /**
   * True if there may be more failed workflows. The search stops after `limit` failed promises, not all of which are
   * workflows.
   */
  isFailedCut: z.boolean(),
});
export type Counts = z.infer<typeof COUNTS>;

const task = {
  state: taskState,
  version: count,
  /** How many awaited promises settled since the task was last acquired. */
  resumes: count,
  /** The worker that holds it; only while acquired. */
  pid: z.string().optional(),
  /** Length of the lease; only while acquired. */
  ttl: count.optional(),
  /** Only while acquired. */
  leaseEndsAt: at.optional(),
  /** Only while pending: when the `execute` message is sent (again). */
  nextDeliveryAt: at.optional(),
  /** How often in a row the task was released, or its lease expired, without progress. */
  setbacks: count,
  /** How often the current message has been sent, including an attempt that still runs. */
  attempts: count,
  transport: z.string(),
  /** Its target: a poll group, a host or a topic. */
  target: z.string(),
};
const TASK = z.object(task);
export type Task = z.infer<typeof TASK>;

/** GET /admin/tasks: newest first. */
export const TASKS_QUERY = z.strictObject({ ...filters, state: taskState.optional(), limit: pageSize(500, 50) });

const TASK_SUMMARY = z.object({
  ...task,
  id: z.string(),
  /** When its promise was created. */
  createdAt: at,
  timeoutAt: at,
  function: z.string().optional(),
  origin: z.string().optional(),
});
export type TaskSummary = z.infer<typeof TASK_SUMMARY>;
export const TASKS = z.object({ ...paged, tasks: z.array(TASK_SUMMARY) });
export type Tasks = z.infer<typeof TASKS>;

/** The maximum number of edges of each kind that are returned. */
export const MAX_EDGES = 100;

const OTHER_PROMISE = z.object({
  id: z.string(),
  /** Absent if the promise no longer exists. */
  state: promiseState.optional(),
});

/** GET /admin/promises/ID */
export const PROMISE = z.object({
  now: at,
  promise: z.object({
    id: z.string(),
    state: promiseState,
    param: value,
    value,
    tags,
    timeoutAt: at,
    createdAt: at,
    settledAt: at.optional(),
  }),
  function: z.string().optional(),
  task: TASK.extend({ address: z.string().optional() }).optional(),
  /** Callers in other call graphs that are recorded. Retention keeps this promise while one of them is pending. */
  calledBy: z.array(OTHER_PROMISE),
  /** Promises whose tasks wait for this one. */
  awaitedBy: z.array(OTHER_PROMISE),
  /** Promises that this one's task waits for. */
  awaits: z.array(OTHER_PROMISE),
  /** Who is notified when it settles. */
  listeners: z.array(
    z.object({
      transport: z.string(),
      target: z.string(),
      /** Only for admin tokens, because an address may contain secrets. */
      address: z.string().optional(),
      attempts: count,
      /** Once settled: when its `unblock` is sent (again). */
      nextDeliveryAt: at.optional(),
    }),
  ),
  deadLetters: z.array(DEAD_LETTER),
  /** True if at least one of the five lists above is incomplete. */
  more: z.boolean(),
});
export type PromiseDetail = z.infer<typeof PROMISE>;

/**
 * GET /admin/graph/ROOT: the promises in byte order of id, page by page. With `since`, only promises that may have
 * changed.
 */
export const GRAPH_QUERY = z.strictObject({
  after: text.optional().meta({ description: 'The last id of the previous page' }),
  since: time.optional().meta({ description: '`now` of an earlier answer: only what may have changed since then' }),
  limit: pageSize(MAX_GRAPH_PAGE, MAX_GRAPH_PAGE),
});

const GRAPH_NODE = z.object({
  ...summary,
  parent: z.string().optional(),
  branch: z.string().optional(),
  /** True for a sleep, which resolves at its timeout. */
  isTimer: z.boolean().optional(),
  /** Absent for a promise that has no task of its own. The task of its branch runs it, if any does. */
  task: TASK.optional(),
  /** Promises that its task waits for. */
  awaits: z.array(z.string()).optional(),
});
export type GraphNode = z.infer<typeof GRAPH_NODE>;

export const GRAPH = z.object({
  now: at,
  root: z.string(),
  nodes: z.array(GRAPH_NODE),
  /** The cursor of the next page; absent on the last one. */
  after: z.string().optional(),
});
export type Graph = z.infer<typeof GRAPH>;

/** POST /admin/tasks/ID/deliver */
export const DELIVERED = z.object({ id: z.string(), dueAt: at });
