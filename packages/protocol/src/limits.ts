import type { StringMap } from './records.ts';
import { TAG } from './tags.ts';

/**
 * Size limits of ids, tags and addresses, on every database. Postgres allows index entries of 2,704 bytes. The largest
 * entries here have two keys (an awaited and an awaiting promise, or a branch and an id), or two tag texts of 160
 * characters and a key. MySQL's key columns are shorter, 255 characters; the store checks that.
 */

/** Maximum length of an id, an address, the target of an address, or a lineage tag, in bytes. */
export const MAX_KEY_BYTES = 1_280;
const MAX_TAGS = 256;
const MAX_TAG_NAME_BYTES = 1_280;
const MAX_TAG_VALUE_BYTES = 65_536;

/** Tags that are keys of an index, together with an id. */
const KEY_TAGS = [TAG.target, TAG.origin, TAG.branch, TAG.parent, TAG.schedule];
/** A UTF-16 code unit has at most 3 bytes in UTF-8. */
const MAX_BYTES_PER_UNIT = 3;

const UTF8 = new TextEncoder();

function bytesOf(text: string): number {
  return UTF8.encode(text).length;
}

/**
 * Whether the text has more than `maxBytes` bytes. It counts the bytes only if the number of characters does not
 * decide.
 */
export function isLonger(text: string, maxBytes: number): boolean {
  if (text.length > maxBytes) return true;
  return text.length * MAX_BYTES_PER_UNIT > maxBytes && bytesOf(text) > maxBytes;
}

/** What is wrong with a key of a new row; null if it is valid. */
export function keyError(name: string, text: string): string | null {
  return isLonger(text, MAX_KEY_BYTES) ? `${name} must not be longer than ${MAX_KEY_BYTES} bytes` : null;
}

/** What is wrong with the tags of a new row; null if they are valid. */
export function tagsError(tags: StringMap): string | null {
  const names = Object.keys(tags);
  if (names.length > MAX_TAGS) return `tags must have at most ${MAX_TAGS} entries`;
  for (const name of names) {
    if (isLonger(name, MAX_TAG_NAME_BYTES))
      return `the name of a tag must not be longer than ${MAX_TAG_NAME_BYTES} bytes`;
    if (isLonger(tags[name] ?? '', MAX_TAG_VALUE_BYTES)) {
      return `tag ${JSON.stringify(name)} must not be longer than ${MAX_TAG_VALUE_BYTES} bytes`;
    }
  }
  for (const name of KEY_TAGS) {
    const error = keyError(`tag ${name}`, tags[name] ?? '');
    if (error) return error;
  }
  return null;
}

const ID_PLACEHOLDER = '{{.id}}';
const TIME_PLACEHOLDER = '{{.timestamp}}';
/** Digits of the largest time. */
const TIME_BYTES = 16;

/**
 * What is wrong with a schedule's template for promise ids; null if it is valid. It computes the length without filling
 * in the template, because a template may contain its schedule's id many times.
 */
export function templateError(template: string, id: string): string | null {
  const error = keyError('promiseId', template);
  if (error) return error;
  const ids = template.split(ID_PLACEHOLDER).length - 1;
  const times = template.split(TIME_PLACEHOLDER).length - 1;
  const bytes =
    bytesOf(template) + ids * (bytesOf(id) - ID_PLACEHOLDER.length) + times * (TIME_BYTES - TIME_PLACEHOLDER.length);
  return bytes > MAX_KEY_BYTES
    ? `promiseId must not become longer than ${MAX_KEY_BYTES} bytes when it is filled in`
    : null;
}
