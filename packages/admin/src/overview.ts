import { z } from 'zod';
import { at, count } from './fields.ts';

/** How many seconds one point of the series stands for, and how many points there are: the last 15 minutes. */
export const SERIES_STEP_MS = 5_000;
export const SERIES_POINTS = 180;

const PROCESS = z.object({
  id: z.string(),
  /** `all`, `api`, `scheduler` or `dispatcher`. */
  role: z.string(),
  version: z.string(),
  host: z.string(),
  startedAt: at,
  heartbeatAt: at,
  leader: z.boolean(),
  /** False: its heartbeat has stopped. */
  isAlive: z.boolean(),
  /** Requests that wait for the store, when it last told. */
  waiting: count.optional(),
});
export type ProcessInfo = z.infer<typeof PROCESS>;

const BACKLOG = z.object({
  transport: z.string(),
  /** Messages that are due and that nobody has claimed; counted up to `limit`. */
  count,
  /** How long the oldest of them has been due; 0 without any. */
  ageMs: count,
  /** Those with the oldest messages. */
  targets: z.array(z.object({ target: z.string(), count, ageMs: count })),
});
export type TransportBacklog = z.infer<typeof BACKLOG>;

const STREAMS = z.object({
  group: z.string(),
  processId: z.string(),
  /** Event streams that workers of the group hold on this process. */
  count,
});
export type StreamCount = z.infer<typeof STREAMS>;

const PER_SECOND = z.number().min(0);
const POINT = z.object({
  /** The end of the step. */
  at,
  /** Answered requests per second, of the whole cluster. */
  requests: PER_SECOND,
  /** Of them, those answered with a 5xx. */
  errors: PER_SECOND,
  /** Promises that requests have settled, per second. */
  settled: PER_SECOND,
  /** Messages that receivers took, per second. */
  deliveries: PER_SECOND,
  /** Attempts to deliver that failed, per second. */
  failures: PER_SECOND,
  /** Time to answer a request, ms, read off buckets; null without requests. */
  p50Ms: z.number().nullable(),
  p99Ms: z.number().nullable(),
});
export type SeriesPoint = z.infer<typeof POINT>;

/** GET /admin/overview: the whole cluster, whichever api is asked. */
export const OVERVIEW = z.object({
  now: at,
  processes: z.array(PROCESS),
  backlog: z.array(BACKLOG),
  /** What counts stop at: a count of so many means "at least". */
  limit: count,
  /** Tasks that workers hold, up to `limit`. */
  leases: count,
  /** Up to `limit`. */
  deadLetters: count,
  /** Groups of workers and where they are connected, the largest first. */
  streams: z.array(STREAMS),
  /** The oldest first, one point per `SERIES_STEP_MS`; fewer while the answering process is young. */
  series: z.array(POINT),
  stepMs: z.int(),
});
export type Overview = z.infer<typeof OVERVIEW>;
