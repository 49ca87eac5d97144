import { z } from 'zod';

/** Field types that several endpoints share. All times are epoch ms. */

export const at = z.int().meta({ description: 'Epoch ms' });
export const count = z.int().min(0);

/** Postgres does not accept NUL in a parameter. */
const noNul = (value: string) => !value.includes('\0');

/** An id in a query: not empty, and limited in length. */
export const text = z.string().min(1).max(4_096).refine(noNul, 'has a NUL character');

/** A cursor from an earlier answer. It is sealed (encrypted), so it is longer than the id that it contains. */
export const cursor = z.string().min(1).max(8_192).refine(noNul, 'has a NUL character');

/** A number from a query string. */
export function numberBetween(min: number, max: number) {
  return z.coerce.number().int().min(min).max(max);
}

/** How many rows a page has, from the query string. */
export const pageSize = (max: number, usual: number) => numberBetween(1, max).default(usual);

/** A time from a query string. */
export const time = numberBetween(0, Number.MAX_SAFE_INTEGER);

/** `true`, or absent. */
export const flag = z.enum(['true']).transform(() => true as const);

/** A parameter that may be given once or several times. */
export function repeated<Item extends z.ZodType>(item: Item, max: number) {
  return z.union([item.transform((one) => [one]), z.array(item).min(1).max(max)]);
}

export const tags = z.record(z.string(), z.string());

/** The value of a promise as it is sent on the wire. SDKs put base64 into `data`. */
export const value = z.object({ headers: tags.optional(), data: z.string().optional() });
