import { z } from 'zod';
import { at, count } from './fields.ts';

/** The time that one point of the series covers, and the number of points. Together they cover the last 15 minutes. */
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
  /** Never true for a process whose heartbeat has stopped. */
  leader: z.boolean(),
  /** False if its heartbeat has stopped. */
  isAlive: z.boolean(),
  /** Requests that waited for the store at its last heartbeat. */
  waiting: count.optional(),
});
export type ProcessInfo = z.infer<typeof PROCESS>;

const BACKLOG = z.object({
  transport: z.string(),
  /** Messages that are due and not claimed, counted up to `limit`. */
  count,
  /** How long the oldest of them has been due, ms; 0 if there are none. */
  ageMs: count,
  /** The targets with the oldest messages. */
  targets: z.array(z.object({ target: z.string(), count, ageMs: count })),
});
export type TransportBacklog = z.infer<typeof BACKLOG>;

const STREAMS = z.object({
  group: z.string(),
  processId: z.string(),
  /** Event streams of the group's workers to this process. */
  count,
});
export type StreamCount = z.infer<typeof STREAMS>;

const PER_SECOND = z.number().min(0);
const POINT = z.object({
  /** The end of the interval. */
  at,
  /** Answered requests per second in the whole cluster. */
  requests: PER_SECOND,
  /** Requests per second that were answered with a 5xx. */
  errors: PER_SECOND,
  /** Promises per second that settled, for any reason: a request, or the promise's timeout. */
  settled: PER_SECOND,
  /** Delivered messages per second. */
  deliveries: PER_SECOND,
  /** Failed delivery attempts per second. */
  failures: PER_SECOND,
  /** Time to answer a request, ms, estimated from a histogram; null without requests. */
  p50Ms: z.number().nullable(),
  p99Ms: z.number().nullable(),
});
export type SeriesPoint = z.infer<typeof POINT>;

/** GET /admin/overview: the whole cluster. Every api process can answer. */
export const OVERVIEW = z.object({
  now: at,
  processes: z.array(PROCESS),
  backlog: z.array(BACKLOG),
  /** Counting stops at this number: a count that equals it means "at least". */
  limit: count,
  /** Acquired tasks, up to `limit`. */
  leases: count,
  /** Up to `limit`. */
  deadLetters: count,
  /** Groups of workers and the processes that they are connected to, largest first. */
  streams: z.array(STREAMS),
  /** Oldest first, one point per `SERIES_STEP_MS`. There are fewer points if the answering process started recently. */
  series: z.array(POINT),
  stepMs: z.int(),
});
export type Overview = z.infer<typeof OVERVIEW>;
