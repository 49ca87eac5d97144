import type { Rows } from '@resonate/drivers';
import type { Changes, ListenerRow, Loaded, Needs, PromiseRow, RowChanges, TaskRow } from '@resonate/machine';
import { TAG } from '@resonate/protocol';

/** A row, with what its server calls its version: it changes whenever the row is written. */
export interface Versioned<Row> {
  row: Row;
  version: string;
}

/** A promise that can still settle, with its task. */
export interface Remembered extends Versioned<PromiseRow> {
  /** null: it has none. It cannot get one later. */
  task: Versioned<TaskRow> | null;
  /** Its branch has more promises than a fence answers. It never has fewer later, except by retention. */
  isFenceCut: boolean;
  /**
   * All that wait for it, as far as this process knows: these listeners, and no callback. null: there may be others, so a batch
   * that settles it must read. They are known for steps, and for workflows that their creator runs itself (`task.create`).
   */
  listeners: readonly Versioned<ListenerRow>[] | null;
}

/** A promise that exists, but of which too little is known. */
export const EXISTS = { row: null };

/** The rows that a batch has read and written, for the next one. */
export interface Seen {
  needs: Needs;
  loaded: Loaded;
  /** The version of each loaded promise and task, in their order: as it was read or checked. */
  versions: { promises: readonly string[]; tasks: readonly string[] };
  changes: Changes | null;
  /** What its commit answered; null if that was lost. The second-to-last statement returns the version of the written rows. */
  answer: readonly Rows[] | null;
  clock: Reading;
}

/** A reading of the server's clock, and when its answer arrived, by `performance.now()`. */
export interface Reading {
  server: string;
  now: number;
  at: number;
}

const MAX_LISTENERS = 8;
/** An object with its fields in memory, and an entry of a map, besides their texts. */
const ROW_BYTES = 600;
const MAP_ENTRY_BYTES = 100;

export interface RowsAfter {
  promises: Map<string, Versioned<PromiseRow>>;
  tasks: Map<string, Versioned<TaskRow>>;
}

/** The rows as they are after the batch. @param written the version of those that it wrote. */
export function rowsAfter({ loaded, versions, changes }: Seen, written: string): RowsAfter {
  const promises = versioned(loaded.promises, versions.promises);
  const tasks = versioned(loaded.tasks, versions.tasks);
  if (changes) {
    for (const row of changed(changes.promises)) promises.set(row.id, { row, version: written });
    for (const { id } of changes.promises.deletes) promises.delete(id);
    for (const row of changed(changes.tasks)) tasks.set(row.id, { row, version: written });
  }
  return { promises, tasks };
}

function versioned<Row extends { id: string }>(rows: readonly Row[], versions: readonly string[]) {
  const found = new Map<string, Versioned<Row>>();
  rows.forEach((row, index) => {
    const version = versions[index];
    if (version !== undefined) found.set(row.id, { row, version });
  });
  return found;
}

/** The rows of a table that the batch inserted or updated. */
export function changed<Row>({ inserts, updates }: RowChanges<Row>): readonly Row[] {
  return updates.length === 0 ? inserts : [...inserts, ...updates];
}

/** What is to be remembered of a promise that the batch named; null: nothing. */
export function entryOf(id: string, rows: RowsAfter, seen: Seen, before: Remembered | null): Remembered | null {
  const { needs, loaded, changes } = seen;
  const promise = rows.promises.get(id);
  if (promise?.row.state !== 'pending') return null;
  const isSame = before?.version === promise.version;
  const task = rows.tasks.get(id) ?? (isSame ? before.task : null);
  // Without a row of the task it must be known that there is none: it was looked for, or the promise is new.
  const isNew = changes?.promises.inserts.some((row) => row.id === id) === true;
  if (task === null && !isSame && !isNew && !needs.tasks.has(id)) return null;
  if (task !== null && task.row.state !== 'acquired') return null;
  const branch = promise.row.tags[TAG.branch];
  const isCut = branch !== undefined && loaded.cutFences.includes(branch);
  const isFenceCut = isCut || (isSame && before.isFenceCut);
  const isOwn = task === null ? isStep(promise.row) : isNew;
  // If the task was taken anew, it may have been suspended by another process, so there may be callbacks.
  const isSameRun = isSame && before.task?.row.version === task?.row.version;
  const listeners = isSameRun ? before.listeners : isOwn ? [] : null;
  return { ...promise, task, isFenceCut, listeners };
}

/** A promise within a workflow. As a rule nobody waits for it but the workflow. */
function isStep({ id, tags }: PromiseRow): boolean {
  const branch = tags[TAG.branch];
  return branch !== undefined && branch !== id;
}

/** The entry after a batch has changed its listeners and callbacks. */
export function withAwaiters(
  id: string,
  entry: Remembered,
  { callbacks, listeners }: Changes,
  written: string,
): Remembered {
  if (entry.listeners === null) return entry;
  const isAwaited = callbacks.inserts.some(({ awaited, awaiter }) => awaited === id || awaiter === id);
  const isOther = [...listeners.updates, ...listeners.deletes].some(({ awaited }) => awaited === id);
  const added = listeners.inserts.filter(({ awaited }) => awaited === id);
  const all = [...entry.listeners, ...added.map((row) => ({ row, version: written }))];
  return { ...entry, listeners: isAwaited || isOther || all.length > MAX_LISTENERS ? null : all };
}

/** The promises whose listeners or callbacks a batch has changed. */
export function awaitedIds({ callbacks, listeners }: Changes): Set<string> {
  const ids = new Set<string>();
  for (const { awaited, awaiter } of callbacks.inserts) ids.add(awaited).add(awaiter);
  for (const rows of [listeners.inserts, listeners.updates, listeners.deletes])
    for (const { awaited } of rows) ids.add(awaited);
  return ids;
}

/** An estimate of the memory that an entry takes. */
export function bytesOf(entry: Remembered | typeof EXISTS): number {
  if (entry.row === null) return ROW_BYTES;
  const { row, task, listeners } = entry;
  let bytes = 2 * ROW_BYTES + 4 * row.id.length + 2 * (row.param.data?.length ?? 0);
  for (const map of [row.tags, row.param.headers ?? {}]) {
    for (const [name, value] of Object.entries(map)) bytes += MAP_ENTRY_BYTES + 2 * (name.length + value.length);
  }
  for (const { row } of [...(task ? [task] : []), ...(listeners ?? [])]) {
    bytes += ROW_BYTES + 2 * [row.address, row.target, row.prefers ?? ''].join('').length;
  }
  return bytes + 2 * (task?.row.pid?.length ?? 0);
}
