import { byteOrder, type PromiseState, type RequestData, type StringMap, type TaskState } from '@resonate/protocol';

/**
 * Searches as data: the machine defines which rows match, in the projected view, and a dialect only finds them. A row
 * matches if one of `anyOf` matches. An alternative is a stored state and, for promises, whether the timeout has passed.
 */
export interface PromiseQuery {
  /** null: any state. */
  anyOf: PromiseAlternative[] | null;
  /** All pairs must match. */
  tags: StringMap;
  /** Only ids above this one, in byte order. */
  after: string | null;
  limit: number;
}

export interface PromiseAlternative {
  state: PromiseState;
  /** Whether the promise's timeoutAt is after `now` (live) or not (expired). */
  live?: { now: number };
  expired?: { now: number; timer: boolean };
}

export interface TaskQuery {
  anyOf: TaskAlternative[] | null;
  after: string | null;
  limit: number;
}

export interface TaskAlternative {
  /** null: any state. */
  state: TaskState | null;
  live?: { now: number };
  expired?: { now: number };
}

export interface ScheduleQuery {
  tags: StringMap;
  after: string | null;
  limit: number;
}

/** A search reads one row more than the page has. If that row exists, there is another page. */
function page<Row>(rows: Row[], limit: number): { rows: Row[]; more: boolean } {
  return { rows: rows.slice(0, limit), more: rows.length > limit };
}

const DEFAULT_LIMIT = 100;
const DEFAULT_SCHEDULE_LIMIT = 10;

/**
 * Where a search begins: after the cursor, and not before the ids with `prefix` ('' for all), which are a range in byte
 * order. For the prefix `ab` it begins after `aa` + U+10FFFF. A longer id that begins with this text is found, too; the caller
 * leaves it out.
 */
function startAfter(cursor: string | undefined, prefix: string): string | null {
  const before = prefix === '' ? null : justBelow(prefix);
  if (cursor === undefined || before === null) return cursor ?? before;
  return byteOrder(cursor, before) > 0 ? cursor : before;
}

function justBelow(text: string): string {
  const last = String.fromCodePoint(text.codePointAt(text.length - (/[\uDC00-\uDFFF]$/.test(text) ? 2 : 1)) ?? 0);
  const head = text.slice(0, -last.length);
  const code = last.codePointAt(0) ?? 0;
  // No id has a NUL, and no text has half of a surrogate pair.
  if (code <= 1) return head;
  return `${head}${String.fromCodePoint(code === 0xe000 ? 0xd7ff : code - 1)}\u{10FFFF}`;
}

/** @param prefix finds ids that begin with it. It may find rows after them, which the caller leaves out. */
export function promiseQuery(data: RequestData<'promise.search'>, now: number, prefix = ''): PromiseQuery {
  return {
    anyOf: data.state === undefined ? null : promiseAlternatives(data.state, now),
    tags: data.tags ?? {},
    after: startAfter(data.cursor, prefix),
    limit: (data.limit ?? DEFAULT_LIMIT) + 1,
  };
}

function promiseAlternatives(state: PromiseState, now: number): PromiseAlternative[] {
  if (state === 'pending') return [{ state, live: { now } }];
  if (state === 'resolved') return [{ state }, { state: 'pending', expired: { now, timer: true } }];
  if (state === 'rejected_timedout') return [{ state }, { state: 'pending', expired: { now, timer: false } }];
  return [{ state }];
}

export function taskQuery(data: RequestData<'task.search'>, now: number, prefix = ''): TaskQuery {
  return {
    anyOf: data.state === undefined ? null : taskAlternatives(data.state, now),
    after: startAfter(data.cursor, prefix),
    limit: (data.limit ?? DEFAULT_LIMIT) + 1,
  };
}

function taskAlternatives(state: TaskState, now: number): TaskAlternative[] {
  if (state !== 'fulfilled') return [{ state, live: { now } }];
  return [{ state }, { state: null, expired: { now } }];
}

export function scheduleQuery(data: RequestData<'schedule.search'>, prefix = ''): ScheduleQuery {
  const limit = (data.limit ?? DEFAULT_SCHEDULE_LIMIT) + 1;
  return { tags: data.tags ?? {}, after: startAfter(data.cursor, prefix), limit };
}

/** The answer of a search: the page under `name`, and the cursor of the next one when there is more. */
export function searchAnswer<Row extends { id: string }, Shown>(
  name: string,
  found: Row[],
  limit: number,
  show: (row: Row) => Shown,
): Record<string, unknown> {
  const { rows, more } = page(found, limit - 1);
  const last = rows.at(-1);
  const answer: Record<string, unknown> = { [name]: rows.map(show) };
  if (more && last) answer['cursor'] = last.id;
  return answer;
}
