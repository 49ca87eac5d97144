import { occurrencePromiseId } from '@resonate/machine';
import { MAX_TIME, parseAddress, TAG, type Request } from '@resonate/protocol';

/** Tags that are stored in an indexed column of their own, or name the target of a delivery. */
const LIMITED_TAGS = new Set<string>([TAG.target, TAG.origin, TAG.branch, TAG.parent, TAG.schedule]);
/** Fields and tags with an address, whose target is stored in a column of its own. */
const ADDRESSES = new Set<string>(['address', TAG.target]);
/** A column that has `maxLength` characters has room for this many times as many bytes of a target. */
const TARGET_BYTES = 4;
const LIMITED_FIELDS = new Set(['id', 'awaited', 'awaiter', 'address']);
/** Fields with requests or tasks inside of a request. */
const NESTED_FIELDS = new Set(['action', 'actions', 'data', 'tasks', 'steps', 'create', 'settle']);

/**
 * Checks whether the ids, addresses and tags of a request fit into the indexed columns of the database (protocol section
 * 3, MySQL). Counts Unicode characters: the columns have 4 bytes for each, the most that UTF-8 needs.
 * @returns which one is too long, for the client; null if all fit.
 */
export function overlong(request: Request, maxLength: number): string | null {
  for (const [name, text] of keyTexts(request.data)) {
    if (text.length > maxLength && Array.from(text).length > maxLength) {
      return `${name} must not be longer than ${maxLength} characters on this store`;
    }
    if (ADDRESSES.has(name) && Buffer.byteLength(parseAddress(text)?.target ?? '') > maxLength * TARGET_BYTES) {
      return `${name} must not name a receiver of more than ${maxLength * TARGET_BYTES} bytes, percent-encoded, on this store`;
    }
  }
  return null;
}

function* keyTexts(data: object): Generator<[string, string]> {
  const fields: [string, unknown][] = Object.entries(data);
  for (const [name, value] of fields) {
    if (typeof value === 'string') {
      if (LIMITED_FIELDS.has(name)) yield [name, value];
    } else if (name === 'tags' || name === 'promiseTags') {
      yield* limitedTags(value);
    } else if (NESTED_FIELDS.has(name)) {
      const inside: unknown[] = Array.isArray(value) ? value : [value];
      for (const each of inside) if (isObject(each)) yield* keyTexts(each);
    }
  }
  // The ids that a schedule generates are ids of promises, too.
  if (!('id' in data && 'promiseId' in data)) return;
  const { id, promiseId } = data;
  if (typeof id !== 'string' || typeof promiseId !== 'string') return;
  yield ['promiseId', occurrencePromiseId({ id, promiseId }, MAX_TIME)];
}

function* limitedTags(tags: unknown): Generator<[string, string]> {
  const entries: [string, unknown][] = isObject(tags) ? Object.entries(tags) : [];
  for (const [tag, text] of entries) if (LIMITED_TAGS.has(tag) && typeof text === 'string') yield [tag, text];
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
