import { z } from 'zod';
import { all, oneWay, which } from './dead-letters.ts';
import { at, count } from './fields.ts';

/** GET /admin/jobs: the maintenance jobs that have run, with their last runs. */
export const JOBS = z.object({
  now: at,
  jobs: z.array(
    z.object({
      /** `retention`, `redrive`, `analyze` or `reindex`. */
      name: z.string(),
      /** `lost`: its process died. Another process begins the job again. */
      state: z.enum(['running', 'done', 'failed', 'lost']),
      /** The process that runs the job or ran it last. */
      by: z.string(),
      startedAt: at,
      endedAt: at.optional(),
      error: z.string().optional(),
      /** The results of the run, as counts by name. */
      done: z.record(z.string(), count),
    }),
  ),
});
export type Jobs = z.infer<typeof JOBS>;

/** POST /admin/jobs/redrive: `all` dead letters that the token may change, or those for one target. */
export const REDRIVE = oneWay(z.strictObject({ ...which, all }), ['target', 'all']);

export const REDRIVE_PROGRESS = z.object({
  redrive: z.object({
    id: z.string(),
    orderedAt: at,
    /** Absent while it runs. */
    endedAt: at.optional(),
    redriven: count,
  }),
});
export type RedriveProgress = z.infer<typeof REDRIVE_PROGRESS>;
