import { occurrencePromiseId } from '@resonate/machine';
import { MAX_TIME, TAG, type Request, type StringMap } from '@resonate/protocol';

/** Tags that are stored in an indexed column of their own, or name the target of a delivery. */
const LIMITED_TAGS = [TAG.target, TAG.origin, TAG.branch, TAG.parent, TAG.schedule];
const LIMITED_FIELDS = new Set(['id', 'awaited', 'awaiter', 'address']);

/**
 * Checks whether the ids, addresses and tags of a request fit into the indexed columns of the database (protocol section
 * 3, MySQL). Counts Unicode characters, as MySQL does.
 * @returns which one is too long, for the client; null if all fit.
 */
export function overlong(request: Request, maxLength: number): string | null {
  for (const [name, text] of keyTexts(request.data)) {
    if (text.length > maxLength && Array.from(text).length > maxLength) {
      return `${name} must not be longer than ${maxLength} characters on this store`;
    }
  }
  return null;
}

function* keyTexts(data: object): Generator<[string, string]> {
  for (const [name, value] of Object.entries(data) as [string, unknown][]) {
    if (typeof value === 'string') {
      if (LIMITED_FIELDS.has(name)) yield [name, value];
    } else if (name === 'tags' || name === 'promiseTags') {
      for (const tag of LIMITED_TAGS) yield [tag, (value as StringMap | undefined)?.[tag] ?? ''];
    } else if (name === 'action') {
      yield* keyTexts((value as { data: object }).data);
    } else if (name === 'actions') {
      for (const action of value as { data: object }[]) yield* keyTexts(action.data);
    } else if (name === 'tasks') {
      for (const task of value as object[]) yield* keyTexts(task);
    }
  }
  // The ids that a schedule generates are ids of promises, too.
  if ('id' in data && 'promiseId' in data) {
    yield ['promiseId', occurrencePromiseId(data as { id: string; promiseId: string }, MAX_TIME)];
  }
}
