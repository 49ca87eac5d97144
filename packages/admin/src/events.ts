import { z } from 'zod';
import { at, text } from './fields.ts';

/** GET /admin/events: a server-sent event stream. */
export const EVENTS_QUERY = z.strictObject({
  origin: text.optional().meta({ description: 'Only changes of this call graph' }),
});

/**
 * The data of each `change` event, after which a page reloads what it shows. There are at most two per second.
 * `commit`: the answering process changed something that the token may see. `hint`: another process may have changed
 * something. `tick`: sent regularly, even if nothing changed.
 */
export const CHANGE = z.object({ at, cause: z.enum(['commit', 'hint', 'tick']) });
export type Change = z.infer<typeof CHANGE>;

/** The body of every error. */
export const ERROR_BODY = z.object({ error: z.string() });
