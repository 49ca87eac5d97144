import {
  CATCH_UP_POLICIES,
  CRON_DIALECTS,
  OVERLAP_POLICIES,
  TAG,
  type StringMap,
  type Value,
} from '@resonate/protocol';
import type { CallbackRow, DeliveryColumns, ListenerRow, PromiseRow, ScheduleRow, TaskRow } from '@resonate/machine';
import type { ProcessRow } from './processes.ts';
import { flag, int, intOrNull, json, oneOf, promiseState, taskState, text, textOrNull, transport } from './sql/read.ts';

/**
 * Columns and keys of every table: the one list that all dialects build their select, insert, update and delete
 * from. Rows travel as arrays in the order of the columns.
 */

/** JSON is stored as text: no database reorders its keys or refuses an escape that it was given. */
export type ColumnType = 'text' | 'int' | 'bool' | 'json';
export type SqlValue = string | number | null;

export interface Column<Row> {
  name: string;
  type: ColumnType;
  of(row: Row): SqlValue;
  /** Written again when the row changes. */
  mutable?: true;
  /** A copy of what other columns hold, for an index: `decode` does not read it. The last columns of a table. */
  copy?: true;
}

export interface Table<Row> {
  name: string;
  /** Names of the key columns; they are the first ones. */
  key: readonly string[];
  columns: readonly Column<Row>[];
  /** Makes a row of a selected one; `values` has the columns' order. */
  decode(values: readonly unknown[]): Row;
}

const bool = (value: boolean): number => (value ? 1 : 0);
const jsonText = (value: Value | StringMap): string => JSON.stringify(value);
const tag = (tags: StringMap, name: string): string | null => tags[name] ?? null;
const overlapPolicy = oneOf(OVERLAP_POLICIES);
const catchUpPolicy = oneOf(CATCH_UP_POLICIES);
const cronDialect = oneOf(CRON_DIALECTS);

export const PROMISES: Table<PromiseRow> = {
  name: 'promises',
  key: ['id'],
  columns: [
    { name: 'id', type: 'text', of: (row) => row.id },
    { name: 'state', type: 'text', of: (row) => row.state, mutable: true },
    { name: 'param', type: 'json', of: (row) => jsonText(row.param) },
    { name: 'value', type: 'json', of: (row) => jsonText(row.value), mutable: true },
    { name: 'tags', type: 'json', of: (row) => jsonText(row.tags) },
    { name: 'timeout_at', type: 'int', of: (row) => row.timeoutAt },
    { name: 'created_at', type: 'int', of: (row) => row.createdAt },
    { name: 'settled_at', type: 'int', of: (row) => row.settledAt, mutable: true },
    // Copies of tags that searches and preloads go by, so that an index serves them.
    { name: 'is_timer', type: 'bool', of: (row) => bool(row.tags[TAG.timer] === 'true'), copy: true },
    { name: 'origin', type: 'text', of: (row) => tag(row.tags, TAG.origin), copy: true },
    { name: 'branch', type: 'text', of: (row) => tag(row.tags, TAG.branch), copy: true },
    { name: 'parent', type: 'text', of: (row) => tag(row.tags, TAG.parent), copy: true },
    { name: 'schedule', type: 'text', of: (row) => tag(row.tags, TAG.schedule), copy: true },
  ],
  decode: (v) => ({
    id: text(v[0]),
    state: promiseState(v[1]),
    param: json<Value>(v[2]),
    value: json<Value>(v[3]),
    tags: json<StringMap>(v[4]),
    timeoutAt: int(v[5]),
    createdAt: int(v[6]),
    settledAt: intOrNull(v[7]),
  }),
};

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
export const PROMISE_TAGS: Table<PromiseTagRow> = {
  name: 'promise_tags',
  key: ['name', 'value', 'promise_id'],
  columns: [
    { name: 'name', type: 'text', of: (row) => row.name },
    { name: 'value', type: 'text', of: (row) => row.value },
    { name: 'promise_id', type: 'text', of: (row) => row.promiseId },
  ],
  decode: (v) => ({ name: text(v[0]), value: text(v[1]), promiseId: text(v[2]) }),
};

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

function deliveryColumns<Row extends DeliveryColumns>(): Column<Row>[] {
  return [
    { name: 'address', type: 'text', of: (row) => row.address },
    { name: 'transport', type: 'text', of: (row) => row.transport },
    { name: 'target', type: 'text', of: (row) => row.target },
    { name: 'prefers', type: 'text', of: (row) => row.prefers },
    { name: 'enqueued_at', type: 'int', of: (row) => row.enqueuedAt, mutable: true },
    { name: 'attempts', type: 'int', of: (row) => row.attempts, mutable: true },
    { name: 'claimed_by', type: 'text', of: (row) => row.claimedBy, mutable: true },
    { name: 'deferred_by', type: 'text', of: (row) => row.deferredBy, mutable: true },
  ];
}

function decodeDelivery(v: readonly unknown[]): DeliveryColumns {
  return {
    address: text(v[0]),
    transport: transport(v[1]),
    target: text(v[2]),
    prefers: textOrNull(v[3]),
    enqueuedAt: intOrNull(v[4]),
    attempts: int(v[5]),
    claimedBy: textOrNull(v[6]),
    deferredBy: textOrNull(v[7]),
  };
}

export const TASKS: Table<TaskRow> = {
  name: 'tasks',
  key: ['id'],
  columns: [
    { name: 'id', type: 'text', of: (row) => row.id },
    { name: 'state', type: 'text', of: (row) => row.state, mutable: true },
    { name: 'version', type: 'int', of: (row) => row.version, mutable: true },
    { name: 'resumes', type: 'int', of: (row) => row.resumes, mutable: true },
    { name: 'pid', type: 'text', of: (row) => row.pid, mutable: true },
    { name: 'ttl', type: 'int', of: (row) => row.ttl, mutable: true },
    { name: 'timeout_at', type: 'int', of: (row) => row.timeoutAt },
    { name: 'due_at', type: 'int', of: (row) => row.dueAt, mutable: true },
    { name: 'setbacks', type: 'int', of: (row) => row.setbacks, mutable: true },
    ...deliveryColumns<TaskRow>(),
  ],
  decode: (v) => ({
    id: text(v[0]),
    state: taskState(v[1]),
    version: int(v[2]),
    resumes: int(v[3]),
    pid: textOrNull(v[4]),
    ttl: intOrNull(v[5]),
    timeoutAt: int(v[6]),
    dueAt: intOrNull(v[7]),
    setbacks: int(v[8]),
    ...decodeDelivery(v.slice(9)),
  }),
};

export const CALLBACKS: Table<CallbackRow> = {
  name: 'callbacks',
  key: ['awaited', 'awaiter'],
  columns: [
    { name: 'awaited', type: 'text', of: (row) => row.awaited },
    { name: 'awaiter', type: 'text', of: (row) => row.awaiter },
    { name: 'ready', type: 'bool', of: (row) => bool(row.ready), mutable: true },
  ],
  decode: (v) => ({ awaited: text(v[0]), awaiter: text(v[1]), ready: flag(v[2]) }),
};

export const LISTENERS: Table<ListenerRow> = {
  name: 'listeners',
  key: ['awaited', 'address'],
  columns: [
    { name: 'awaited', type: 'text', of: (row) => row.awaited },
    ...deliveryColumns<ListenerRow>(),
    { name: 'due_at', type: 'int', of: (row) => row.dueAt, mutable: true },
  ],
  decode: (v) => ({ awaited: text(v[0]), ...decodeDelivery(v.slice(1)), dueAt: intOrNull(v[9]) }),
};

export const SCHEDULES: Table<ScheduleRow> = {
  name: 'schedules',
  key: ['id'],
  columns: [
    { name: 'id', type: 'text', of: (row) => row.id },
    // All written again: one that is deleted and created anew within a batch is an update.
    { name: 'cron', type: 'text', of: (row) => row.cron, mutable: true },
    { name: 'promise_id', type: 'text', of: (row) => row.promiseId, mutable: true },
    { name: 'promise_timeout', type: 'int', of: (row) => row.promiseTimeout, mutable: true },
    { name: 'promise_param', type: 'json', of: (row) => jsonText(row.promiseParam), mutable: true },
    { name: 'promise_tags', type: 'json', of: (row) => jsonText(row.promiseTags), mutable: true },
    { name: 'created_at', type: 'int', of: (row) => row.createdAt, mutable: true },
    { name: 'next_run_at', type: 'int', of: (row) => row.nextRunAt, mutable: true },
    { name: 'last_run_at', type: 'int', of: (row) => row.lastRunAt, mutable: true },
    { name: 'timezone', type: 'text', of: (row) => row.timezone, mutable: true },
    { name: 'overlap', type: 'text', of: (row) => row.overlap, mutable: true },
    { name: 'catch_up', type: 'text', of: (row) => row.catchUp, mutable: true },
    { name: 'paused_at', type: 'int', of: (row) => row.pausedAt, mutable: true },
    { name: 'cron_dialect', type: 'text', of: (row) => row.cronDialect, mutable: true },
    { name: 'fault', type: 'text', of: (row) => row.fault, mutable: true },
  ],
  decode: (v) => ({
    id: text(v[0]),
    cron: text(v[1]),
    promiseId: text(v[2]),
    promiseTimeout: int(v[3]),
    promiseParam: json<Value>(v[4]),
    promiseTags: json<StringMap>(v[5]),
    createdAt: int(v[6]),
    nextRunAt: int(v[7]),
    lastRunAt: intOrNull(v[8]),
    timezone: textOrNull(v[9]),
    overlap: v[10] === null ? null : overlapPolicy(v[10]),
    catchUp: v[11] === null ? null : catchUpPolicy(v[11]),
    pausedAt: intOrNull(v[12]),
    cronDialect: v[13] === null ? null : cronDialect(v[13]),
    fault: textOrNull(v[14]),
  }),
};

export const PROCESSES: Table<ProcessRow> = {
  name: 'processes',
  key: ['id'],
  columns: [
    { name: 'id', type: 'text', of: (row) => row.id },
    { name: 'role', type: 'text', of: (row) => row.role },
    { name: 'version', type: 'text', of: (row) => row.version },
    { name: 'host', type: 'text', of: (row) => row.host },
    { name: 'started_at', type: 'int', of: (row) => row.startedAt },
    { name: 'leader', type: 'bool', of: (row) => bool(row.leader), mutable: true },
    { name: 'heartbeat_at', type: 'int', of: (row) => row.heartbeatAt, mutable: true },
    { name: 'stats', type: 'text', of: (row) => row.stats ?? null, mutable: true },
  ],
  decode: (v) => ({
    id: text(v[0]),
    role: text(v[1]),
    version: text(v[2]),
    host: text(v[3]),
    startedAt: int(v[4]),
    leader: flag(v[5]),
    heartbeatAt: int(v[6]),
    ...(v[7] !== null && { stats: text(v[7]) }),
  }),
};

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

/** `a, b, c` of a table, optionally qualified: all columns. */
export function columnList<Row>({ columns }: Table<Row>, qualifier = ''): string {
  return listed(columns, qualifier);
}

/** The select list that `decode` reads. */
export function readList<Row>({ columns }: Table<Row>, qualifier = ''): string {
  return listed(
    columns.filter((column) => !column.copy),
    qualifier,
  );
}

/** A select list of the key and of how many bytes the JSON of a row has: its only columns that may be large. */
export function sizeList<Row>({ columns }: Table<Row>, qualifier: string): string {
  const sizes = columns.filter(({ type }) => type === 'json').map(({ name }) => `OCTET_LENGTH(${qualifier}.${name})`);
  return `${qualifier}.id, ${sizes.join(' + ')}`;
}

function listed<Row>(columns: readonly Column<Row>[], qualifier: string): string {
  return columns.map(({ name }) => (qualifier ? `${qualifier}.${name}` : name)).join(', ');
}

export function mutableColumns<Row>(table: Table<Row>): Column<Row>[] {
  return table.columns.filter((column) => column.mutable);
}

export function keyColumns<Row>(table: Table<Row>): Column<Row>[] {
  return table.columns.slice(0, table.key.length);
}
