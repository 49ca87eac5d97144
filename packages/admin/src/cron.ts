import { z } from 'zod';
import { at } from './fields.ts';

const dialect = z.enum(['resonate', 'unix']);

/** GET /admin/cron: the next runs of a cron expression. Use it to check an expression before you create a schedule. */
export const CRON_QUERY = z.object({
  cron: z.string().min(1).max(256),
  /** The server's `schedules.cron` if absent. */
  cronDialect: dialect.optional(),
  /** A name of the IANA database; UTC if absent. */
  timezone: z.string().min(1).max(64).optional(),
});

export const CRON = z.object({
  /** The dialect in which the expression was read. */
  cronDialect: dialect,
  /** The next five occurrences; fewer if there are no more. */
  runs: z.array(at),
  /** Present if the expression has weekdays as numbers, because the other dialect numbers weekdays differently. */
  hint: z.string().optional(),
});
