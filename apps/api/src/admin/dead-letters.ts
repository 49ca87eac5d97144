import express, { Router, type Request, type RequestHandler, type Response } from 'express';
import { TRANSPORTS } from '@resonate/protocol';
import type { Runtime } from '@resonate/runtime';
import type { DeadLetterFilter } from '@resonate/store';
import { z } from 'zod';
import type { Auth } from '../auth/auth.ts';
import { guard, prefixOfRequest } from '../http/guard.ts';

const MAX_PAGE = 1_000;
const DEFAULT_PAGE = 100;
const MAX_IDS = 1_000;

const id = z.int().positive();
/** Postgres can't even be asked for NUL. */
const text = z
  .string()
  .min(1)
  .max(4_096)
  .refine((value) => !value.includes('\0'), 'has a NUL character');
const which = { transport: z.enum(TRANSPORTS).optional(), target: text.optional() };

const LIST = z.strictObject({
  ...which,
  prefix: text.optional(),
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(DEFAULT_PAGE),
  cursor: z
    .string()
    .regex(/^\d{1,15}$/, 'is not one that this server has given')
    .default('0'),
});

const SELECTION = z
  .strictObject({ ...which, ids: z.array(id).min(1).max(MAX_IDS).optional(), all: z.literal(true).optional() })
  .refine(({ ids, target, all }) => [ids, target, all].filter((given) => given !== undefined).length === 1, {
    message: 'exactly one of ids, target and all must be given',
  })
  .refine(({ transport, target }) => transport === undefined || target !== undefined, {
    message: 'transport goes with target only',
  });

type Wanted = Pick<z.infer<typeof SELECTION>, 'ids' | 'transport' | 'target'> & { prefix?: string | undefined };

/**
 * What operators do with dead letters. A token with a prefix sees and changes those whose promise's id begins with it.
 *
 *     GET  /admin/dead-letters?limit&cursor&transport&target&prefix   { deadLetters: […], cursor? }
 *     GET  /admin/dead-letters/ID                                     { deadLetter }
 *     POST /admin/dead-letters/redrive  { ids | target | all }        { redriven, more }
 *     POST /admin/dead-letters/drop     { ids | target | all }        { dropped, more }
 */
export function deadLetterRoutes({ config, store }: Runtime, auth: Auth | null): Router {
  const router = Router();
  router.use(
    guard(auth, ({ prefix }) => prefix !== null),
    express.json({ limit: config.server.maxBodySize, type: () => true }),
  );
  router.get('/', list(store));
  router.get('/:id', async (request, response) => {
    const given = id.safeParse(Number(request.params.id));
    const filter = given.success ? visible({ ids: [given.data] }, request) : null;
    const [deadLetter] = filter ? await store.deadLetters.list(filter, 1) : [];
    if (deadLetter) response.json({ deadLetter });
    else response.status(404).json({ error: 'Dead letter not found' });
  });
  router.post('/redrive', async (request, response) => {
    const filter = selected(request, response);
    if (!filter) return;
    const { count, more } = await store.deadLetters.redrive(filter);
    response.json({ redriven: count, more });
  });
  router.post('/drop', async (request, response) => {
    const filter = selected(request, response);
    if (!filter) return;
    const { count, more } = await store.deadLetters.drop(filter);
    response.json({ dropped: count, more });
  });
  return router;
}

function list(store: Runtime['store']): RequestHandler {
  return async (request, response) => {
    const query = checked(LIST, request.query, response);
    if (!query) return;
    const { limit, cursor, ...filter } = query;
    const seen = visible(filter, request);
    const deadLetters = seen ? await store.deadLetters.list(seen, limit, Number(cursor)) : [];
    const last = deadLetters.length === limit ? deadLetters.at(-1) : undefined;
    response.json({ deadLetters, ...(last ? { cursor: String(last.id) } : {}) });
  };
}

/** The letters that a body names, as far as the token may touch them; null: the answer was given. */
function selected(request: Request, response: Response): DeadLetterFilter | null {
  const selection = checked(SELECTION, request.body ?? {}, response);
  if (!selection) return null;
  return visible(selection, request);
}

/** Narrows a filter to the token's prefix; null when nothing is left. */
function visible(filter: Wanted, request: Request): DeadLetterFilter | null {
  const own = prefixOfRequest(request);
  const { ids, transport, target, prefix = '' } = filter;
  if (!prefix.startsWith(own) && !own.startsWith(prefix)) return null;
  const narrower = prefix.length > own.length ? prefix : own;
  return {
    ...(ids ? { ids } : {}),
    ...(transport ? { transport } : {}),
    ...(target !== undefined ? { target } : {}),
    ...(narrower === '' ? {} : { prefix: narrower }),
  };
}

function checked<T>(schema: z.ZodType<T>, value: unknown, response: Response): T | null {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, message }) =>
    path.length > 0 ? `${path.join('.')}: ${message}` : message,
  );
  response.status(400).json({ error: `Invalid request: ${issues.join('; ')}` });
  return null;
}
