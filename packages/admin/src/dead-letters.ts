import { TRANSPORTS } from '@resonate/protocol/address';
import { z } from 'zod';
import { at, count, numberBetween, pageSize, text } from './fields.ts';

const MAX_IDS = 1_000;

export const which = { transport: z.enum(TRANSPORTS).optional(), target: text.optional() };

export const DEAD_LETTER = z.object({
  id: z.int().positive(),
  /** The settled promise that the message is about. */
  awaited: z.string(),
  /** Only for admin tokens, because an address may contain secrets. */
  address: z.string().optional(),
  transport: z.string(),
  target: z.string(),
  attempts: count,
  lastError: z.string(),
  enqueuedAt: at,
  diedAt: at,
});
export type DeadLetter = z.infer<typeof DEAD_LETTER>;

/** GET /admin/dead-letters: oldest first. */
export const DEAD_LETTERS_QUERY = z.strictObject({
  ...which,
  prefix: text.optional(),
  limit: pageSize(1_000, 100),
  cursor: z
    .string()
    .regex(/^\d{1,15}$/, 'is not a cursor of this server')
    .default('0'),
});

export const DEAD_LETTERS = z.object({ deadLetters: z.array(DEAD_LETTER), cursor: z.string().optional() });
export type DeadLetters = z.infer<typeof DEAD_LETTERS>;

/** GET /admin/dead-letters/ID */
export const DEAD_LETTER_ID = z.object({ id: numberBetween(1, Number.MAX_SAFE_INTEGER) });
export const ONE_DEAD_LETTER = z.object({ deadLetter: DEAD_LETTER });

export const all = z.literal(true).optional();

interface Selected {
  transport?: string | undefined;
  target?: string | undefined;
  ids?: number[] | undefined;
  all?: true | undefined;
}

/** Adds the rules of a selection: exactly one of `ways` is given, and a transport only together with a target. */
export function oneWay<S extends z.ZodType<Selected>>(schema: S, ways: readonly ('ids' | 'target' | 'all')[]): S {
  const listed = `${ways.slice(0, -1).join(', ')} and ${ways.at(-1) ?? ''}`;
  return schema
    .refine((selected) => ways.filter((way) => selected[way] !== undefined).length === 1, {
      message: `exactly one of ${listed} must be given`,
    })
    .refine(({ transport, target }) => transport === undefined || target !== undefined, {
      message: 'transport is only allowed together with target',
    });
}

/** Which letters POST /admin/dead-letters/redrive and /drop apply to. */
export const SELECTION = oneWay(
  z.strictObject({ ...which, ids: z.array(z.int().positive()).min(1).max(MAX_IDS).optional(), all }),
  ['ids', 'target', 'all'],
);
export type Selection = z.input<typeof SELECTION>;

/** `more`: one request processes a limited number of letters. If it is true, send the request again for the rest. */
export const REDRIVEN = z.object({ redriven: count, more: z.boolean() });
export const DROPPED = z.object({ dropped: count, more: z.boolean() });
