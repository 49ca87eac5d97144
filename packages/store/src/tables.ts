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
  CallRow,
  DeadLetterRow,
  DeliveryColumns,
  DueSchedule,
  ListenerRow,
  PromiseRow,
  ScheduleRow,
  TaskRow,
} from '@resonate/machine';
import { functionName } from './function-name.ts';
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

/** The descriptions of all tables (`sql/table.ts`). All dialects build their statements from them. */

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
  // Copies of tags and of the function in the param, so that searches and preloads can use an index.
  {
    is_timer: { type: 'bool', of: ({ tags }) => (tags[TAG.timer] === 'true' ? 1 : 0) },
    origin: tag(TAG.origin),
    branch: tag(TAG.branch),
    parent: tag(TAG.parent),
    schedule: tag(TAG.schedule),
    func: { type: 'text', of: ({ param }) => functionName(param) ?? null },
  },
);

/** The tags that have their own column in `promises`. All others are rows of `promise_tags`. */
export const TAG_COLUMNS: ReadonlyMap<string, string> = new Map([
  [TAG.origin, 'origin'],
  [TAG.branch, 'branch'],
  [TAG.parent, 'parent'],
  [TAG.schedule, 'schedule'],
]);

export interface PromiseTagRow {
  name: string;
  /** Cut to `TAG_INDEX_LENGTH` characters, because index entries have a size limit. Searches compare the whole tag, too. */
  value: string;
  promiseId: string;
}

const TAG_INDEX_LENGTH = 160;

/** Copies of the tags of a promise, written when it is inserted. A search by any tag reads them by index, in id order. */
export const PROMISE_TAGS = new Table<PromiseTagRow>('promise_tags', 3, { name: TEXT, value: TEXT, promiseId: TEXT });

/** Cuts a text to the length that the tag index stores, but never within a character. */
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

export const CALLS = new Table<CallRow>('calls', 2, { called: TEXT, caller: TEXT });

export const LISTENERS = new Table<ListenerRow>('listeners', 2, {
  awaited: TEXT,
  ...DELIVERY,
  dueAt: mutable(INT_OR_NULL),
});

export const LISTENER_KEYS = new Selection<Pick<ListenerRow, 'awaited' | 'address'>>({ awaited: TEXT, address: TEXT });

const OVERLAP = nullable(enumOf(OVERLAP_POLICIES));

export const SCHEDULES = new Table<ScheduleRow>('schedules', 1, {
  id: TEXT,
  // All columns are mutable: a schedule that is deleted and created again within one batch is an update.
  cron: mutable(TEXT),
  promiseId: mutable(TEXT),
  promiseTimeout: mutable(INT),
  promiseParam: mutable(VALUE),
  promiseTags: mutable(TAGS),
  createdAt: mutable(INT),
  nextRunAt: mutable(INT),
  lastRunAt: mutable(INT_OR_NULL),
  timezone: mutable(TEXT_OR_NULL),
  overlap: mutable(OVERLAP),
  catchUp: mutable(nullable(enumOf(CATCH_UP_POLICIES))),
  pausedAt: mutable(INT_OR_NULL),
  cronDialect: mutable(nullable(enumOf(CRON_DIALECTS))),
  fault: mutable(TEXT_OR_NULL),
});

/**
 * An unknown policy, of a newer program, must not stop the timers of all schedules. The batch that fires this one reads the
 * whole row, and fails.
 */
const ANY_OVERLAP: typeof OVERLAP = {
  ...OVERLAP,
  read: (value) => OVERLAP_POLICIES.find((known) => known === value) ?? null,
};

export const DUE_SCHEDULES = new Selection<DueSchedule>({
  id: TEXT,
  promiseId: TEXT,
  nextRunAt: INT,
  lastRunAt: INT_OR_NULL,
  overlap: ANY_OVERLAP,
});

/** A dead letter as operators see it. The field `prefers` is left out, because only a redrive needs it. */
export interface StoredDeadLetter extends Omit<DeadLetterRow, 'prefers'> {
  id: number;
}

const LETTER: Fields<Omit<StoredDeadLetter, 'id'>> = {
  awaited: TEXT,
  address: TEXT,
  transport: TRANSPORT,
  target: TEXT,
  attempts: INT,
  lastError: TEXT,
  enqueuedAt: INT,
  diedAt: INT,
};
export const DEAD_LETTERS = new Selection<StoredDeadLetter>({ id: INT, ...LETTER });
/** A dead letter as it is inserted, and as it is read to be redriven. The database assigns its id. */
export const DEAD_LETTER_ROWS = new Selection<DeadLetterRow>({ ...LETTER, prefers: TEXT_OR_NULL });

/** What a process of the cluster tells the others about itself. */
export interface Heartbeat {
  id: string;
  /** `all`, `api`, `scheduler` or `dispatcher`. */
  role: string;
  version: string;
  host: string;
  startedAt: number;
  /** True while it is the leader (`elect`). */
  leader: boolean;
  /** Its statistics, as JSON that the store does not read. */
  stats?: string | undefined;
}

export interface ProcessRow extends Heartbeat {
  heartbeatAt: number;
}

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

/** The tables with records of clients. A reset empties them. */
export const RECORD_TABLES = [
  'promises',
  'promise_tags',
  'tasks',
  'callbacks',
  'calls',
  'listeners',
  'schedules',
  'dead_letters',
  'removals',
];

/** All tables, except the list of migrations. SQLite has no `batches` and no `leases`. */
export const ALL_TABLES = [...RECORD_TABLES, PROCESSES.name, 'settings', 'batches', 'leases'];
