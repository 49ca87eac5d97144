import { z } from 'zod';
import { parseAddress } from './address.ts';
import { isCron } from './cron.ts';
import type { Value } from './records.ts';
import { isTimezone } from './timezone.ts';

/** The field types that requests are made of, with the rules of protocol section 3. */

/** Above this a JSON number can't be told from its neighbours; larger times are clamped to it (year 287396). */
export const MAX_TIME = Number.MAX_SAFE_INTEGER;
/** Promises and tasks that one request may name: all of them are loaded and locked together. */
export const MAX_NAMED = 50_000;
/** Tags that one search may ask for. */
const MAX_SEARCH_TAGS = 32;
const MAX_I64 = 2 ** 63;

const NUL = '\u0000';

function text(name: string): z.ZodType<string> {
  return z
    .string({ error: (issue) => (issue.input === undefined ? `${name} is required` : `${name} must be a string`) })
    .refine((value) => value !== '', `${name} must not be empty`)
    .refine((value) => !value.includes(NUL), `${name} must not contain a NUL character`);
}

function integer(name: string, min: number, max: number): z.ZodType<number> {
  return z
    .number({ error: (issue) => (issue.input === undefined ? `${name} is required` : `${name} must be an integer`) })
    .refine((value) => Number.isInteger(value) && value <= MAX_I64, `${name} must be an integer`)
    .refine((value) => value >= min && value <= max, boundsMessage(name, min, max))
    .transform((value) => Math.min(value, MAX_TIME));
}

function boundsMessage(name: string, min: number, max: number): string {
  return max === MAX_I64 ? `${name} must be at least ${min}` : `${name} must be between ${min} and ${max}`;
}

function isStringMap(input: unknown): input is Record<string, string> {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return false;
  for (const key of Object.keys(input)) {
    const value = (input as Record<string, unknown>)[key];
    if (typeof value !== 'string' || value.includes(NUL) || key.includes(NUL)) return false;
  }
  return true;
}

/** Keeps the object as the client sent it, so no key (`__proto__` for one) is lost in a copy. */
function stringMap(name: string): z.ZodType<Record<string, string>> {
  return z.custom<Record<string, string>>(isStringMap, `${name} must map strings to strings, without NUL characters`);
}

export const id = text('id');
export const pid = text('pid');
export const awaited = text('awaited');
export const awaiter = text('awaiter');
export const promiseId = text('promiseId');
export const cursor = text('cursor');
export const tags = stringMap('tags');
/** Tags to search by. */
export const searchTags = tags.refine(
  (wanted) => Object.keys(wanted).length <= MAX_SEARCH_TAGS,
  `tags must not be more than ${MAX_SEARCH_TAGS}`,
);
/** Tags of something new: none when left out. */
export const newTags = tags.nullish().transform((given) => given ?? {});
export const address = text('address').refine(
  (value) => parseAddress(value) !== null,
  'address is not one this server knows (http, https, poll, gcps, bash, kafka or sqs)',
);
export const cron = text('cron').refine(
  isCron,
  'cron is not a valid expression (5 fields, or 6-7 with leading seconds)',
);

export const timezone = text('timezone').refine(
  isTimezone,
  'timezone is not a name of the IANA time zone database, such as Europe/Berlin',
);

/** SDKs compute it from durations like half a millisecond: rounded up, so that nothing ends before its time. */
export const timeoutAt = z.preprocess(
  (given) => (typeof given === 'number' && Number.isFinite(given) ? Math.ceil(given) : given),
  integer('timeoutAt', 0, MAX_I64),
);
export const promiseTimeout = integer('promiseTimeout', 0, MAX_I64);
export const version = integer('version', 0, MAX_I64);
export const ttl = integer('ttl', 1, MAX_I64);
export const time = integer('time', 0, MAX_I64);
export const limit = integer('limit', 1, 1000);
/** Each run takes up to 0.3 ms to compute, and nothing else goes on meanwhile. */
export const previewLimit = integer('limit', 1, 100);

/** Some clients send null for what they leave out; both read as absent. */
export function optional<T>(field: z.ZodType<T>): z.ZodType<T | undefined> {
  return z.preprocess((given) => given ?? undefined, field.optional());
}

/** A Value as stored: only the keys the client gave. */
export const value = z
  .object(
    { headers: stringMap('headers').nullish(), data: z.string('data must be a string').nullish() },
    'must be an object',
  )
  .nullish()
  .transform((given): Value => {
    const kept: Value = {};
    if (given?.headers) kept.headers = given.headers;
    if (typeof given?.data === 'string') kept.data = given.data;
    return kept;
  });
