import { z } from 'zod';
import { at } from './fields.ts';

/** GET /admin/session */
export const SESSION = z.object({
  /** How every id begins that this token may see or touch; '' for all. */
  prefix: z.string().meta({ description: "How every id begins that this token may touch; '' for all" }),
  /** True for a token that may do everything, and where auth is off. */
  isAdmin: z.boolean(),
  /** False: no token is needed. */
  authEnabled: z.boolean(),
  /** When the token expires; absent where auth is off. */
  expiresAt: at.optional(),
  /** False: promises and tasks can't be listed with this token (auth.search_prefix = deny). */
  maySearch: z.boolean(),
  version: z.string(),
  now: at,
  /** Transports that are switched on in the process that answers. */
  transports: z.array(z.string()),
  /** How often a page asks again while no events come. */
  refreshMs: z.int(),
});
export type Session = z.infer<typeof SESSION>;
