import {
  CATCH_UP_POLICIES,
  CRON_DIALECTS,
  OVERLAP_POLICIES,
  PROMISE_STATES,
  TAG,
  TASK_STATES,
  TRANSPORTS,
  type StringMap,
  type Value,
} from '@resonate/protocol';
import type {
  CallbackRow,
  DeadLetterRow,
  DeliveryColumns,
  ListenerRow,
  PromiseRow,
  ScheduleRow,
  TaskRow,
} from '@resonate/machine';
import { functionName } from './function-name.ts';
import type { ProcessRow } from './processes.ts';
import {
  enumOf,
  FLAG,
  INT,
  INT_OR_NULL,
  jsonOf,
  mutable,
  nullable,
  OPTIONAL_TEXT,
  Selection,
  Table,
  TEXT,
  TEXT_OR_NULL,
  type Copy,
  type Fields,
} from './sql/table.ts';

/** Every table: the one description of its columns that all dialects build their statements from (`sql/table.ts`). */

const VALUE = jsonOf<Value>();
const TAGS = jsonOf<StringMap>();
const TRANSPORT = enumOf(TRANSPORTS);

const tag = (name: string): Copy<PromiseRow> => ({ type: 'text', of: ({ tags }) => tags[name] ?? null });

export const PROMISES = new Table<PromiseRow>(
  'promises',
  1,
  {
    id: TEXT,
    state: mutable(enumOf(PROMISE_STATES)),
    param: VALUE,
    value: mutable(VALUE),
    tags: TAGS,
    timeoutAt: INT,
    createdAt: INT,
    settledAt: mutable(INT_OR_NULL),
  },
  // Copies that searches and preloads go by, so that an index serves them: of tags, and of the function in the param.
  {
    is_timer: { type: 'bool', of: ({ tags }) => (tags[TAG.timer] === 'true' ? 1 : 0) },
    origin: tag(TAG.origin),
    branch: tag(TAG.branch),
    parent: tag(TAG.parent),
    schedule: tag(TAG.schedule),
    func: { type: 'text', of: ({ param }) => functionName(param) ?? null },
  },
);

/** The tags that have a column of their own in `promises`; all others are rows of `promise_tags`. */
export const TAG_COLUMNS: ReadonlyMap<string, string> = new Map([
  [TAG.origin, 'origin'],
  [TAG.branch, 'branch'],
  [TAG.parent, 'parent'],
  [TAG.schedule, 'schedule'],
]);

export interface PromiseTagRow {
  name: string;
  /** Cut to `TAG_INDEX_LENGTH` characters: an index entry has a size limit; whoever reads compares the whole tag. */
  value: string;
  promiseId: string;
}

const TAG_INDEX_LENGTH = 160;

/** Derived from `promises` when one is inserted: what makes a search by any tag a walk along an index, in id order. */
export const PROMISE_TAGS = new Table<PromiseTagRow>('promise_tags', 3, { name: TEXT, value: TEXT, promiseId: TEXT });

/** Cuts to what the tag index holds, never through the middle of a character. */
export function tagIndexText(value: string): string {
  if (value.length <= TAG_INDEX_LENGTH) return value;
  const cut = value.slice(0, TAG_INDEX_LENGTH);
  return cut.isWellFormed() ? cut : cut.slice(0, -1);
}

export function tagRows(promise: Pick<PromiseRow, 'id' | 'tags'>): PromiseTagRow[] {
  const rows: PromiseTagRow[] = [];
  for (const [name, value] of Object.entries(promise.tags)) {
    if (TAG_COLUMNS.has(name)) continue;
    rows.push({ name: tagIndexText(name), value: tagIndexText(value), promiseId: promise.id });
  }
  return rows;
}

const DELIVERY: Fields<DeliveryColumns> = {
  address: TEXT,
  transport: TRANSPORT,
  target: TEXT,
  prefers: TEXT_OR_NULL,
  enqueuedAt: mutable(INT_OR_NULL),
  attempts: mutable(INT),
  claimedBy: mutable(TEXT_OR_NULL),
  deferredBy: mutable(TEXT_OR_NULL),
};

export const TASKS = new Table<TaskRow>('tasks', 1, {
  id: TEXT,
  state: mutable(enumOf(TASK_STATES)),
  version: mutable(INT),
  resumes: mutable(INT),
  pid: mutable(TEXT_OR_NULL),
  ttl: mutable(INT_OR_NULL),
  timeoutAt: INT,
  dueAt: mutable(INT_OR_NULL),
  setbacks: mutable(INT),
  ...DELIVERY,
});

export const CALLBACKS = new Table<CallbackRow>('callbacks', 2, {
  awaited: TEXT,
  awaiter: TEXT,
  ready: mutable(FLAG),
});

export const LISTENERS = new Table<ListenerRow>('listeners', 2, {
  awaited: TEXT,
  ...DELIVERY,
  dueAt: mutable(INT_OR_NULL),
});

export const LISTENER_KEYS = new Selection<Pick<ListenerRow, 'awaited' | 'address'>>({ awaited: TEXT, address: TEXT });

export const SCHEDULES = new Table<ScheduleRow>('schedules', 1, {
  id: TEXT,
  // All written again: one that is deleted and created anew within a batch is an update.
  cron: mutable(TEXT),
  promiseId: mutable(TEXT),
  promiseTimeout: mutable(INT),
  promiseParam: mutable(VALUE),
  promiseTags: mutable(TAGS),
  createdAt: mutable(INT),
  nextRunAt: mutable(INT),
  lastRunAt: mutable(INT_OR_NULL),
  timezone: mutable(TEXT_OR_NULL),
  overlap: mutable(nullable(enumOf(OVERLAP_POLICIES))),
  catchUp: mutable(nullable(enumOf(CATCH_UP_POLICIES))),
  pausedAt: mutable(INT_OR_NULL),
  cronDialect: mutable(nullable(enumOf(CRON_DIALECTS))),
  fault: mutable(TEXT_OR_NULL),
});

/** A dead letter as operators see it, without its id. */
const LETTER: Fields<Omit<DeadLetterRow, 'prefers'>> = {
  awaited: TEXT,
  address: TEXT,
  transport: TRANSPORT,
  target: TEXT,
  attempts: INT,
  lastError: TEXT,
  enqueuedAt: INT,
  diedAt: INT,
};
export const DEAD_LETTERS = new Selection<Omit<DeadLetterRow, 'prefers'> & { id: number }>({ id: INT, ...LETTER });
/** A dead letter as it is written, and read to be sent again: the database gives it its id. */
export const DEAD_LETTER_ROWS = new Selection<DeadLetterRow>({ ...LETTER, prefers: TEXT_OR_NULL });

export const PROCESSES = new Table<ProcessRow>('processes', 1, {
  id: TEXT,
  role: TEXT,
  version: TEXT,
  host: TEXT,
  startedAt: INT,
  leader: mutable(FLAG),
  heartbeatAt: mutable(INT),
  stats: mutable(OPTIONAL_TEXT),
});

/** What clients have made: all that a reset empties. */
export const RECORD_TABLES = [
  'promises',
  'promise_tags',
  'tasks',
  'callbacks',
  'listeners',
  'schedules',
  'dead_letters',
  'removals',
];
