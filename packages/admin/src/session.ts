import { z } from 'zod';
import { at } from './fields.ts';

/** GET /admin/session */
export const SESSION = z.object({
  /** The prefix of all ids that this token may see or change; '' for all. */
  prefix: z.string().meta({ description: "The prefix of all ids that this token may see or change; '' for all" }),
  /** True for an admin token, and if auth is off. */
  isAdmin: z.boolean(),
  /** False if no token is needed. */
  authEnabled: z.boolean(),
  /** When the token expires, epoch ms; absent if auth is off. */
  expiresAt: at.optional(),
  /** False if this token may not list promises and tasks (auth.search_prefix = deny). */
  maySearch: z.boolean(),
  version: z.string(),
  now: at,
  /** Transports that the answering process has enabled. */
  transports: z.array(z.string()),
  /** How often a page reloads while no events arrive. */
  refreshMs: z.int(),
});
export type Session = z.infer<typeof SESSION>;
