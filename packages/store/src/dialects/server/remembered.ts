import type { Rows } from '@resonate/drivers';
import { emptyLoaded, type Changes, type Loaded, type Needs, type PromiseRow, type TaskRow } from '@resonate/machine';
import { TAG } from '@resonate/protocol';
import { LRUCache } from 'lru-cache';

/**
 * Rows as earlier batches of this process left them. The next batch that needs only such rows is decided at once, and its write
 * also checks that they did not change. So it takes one round trip instead of two (docs/decisions/remembered-rows.md).
 */

/** What a batch was decided from without reading it. Its write must check all of this, and lock the rows. */
export interface Assumed {
  /** The rows by id, with the version that each must still have. */
  promises: ReadonlyMap<string, string>;
  tasks: ReadonlyMap<string, string>;
  /** Of these promises there must be no listener, and no callback in which one is awaited or awaiter. */
  settlements: readonly string[];
  /** No promise may be in one of these branches. */
  branches: readonly string[];
  /** The run of the server to which the versions belong: another one counts them anew. */
  server: string;
  /** The server's clock must be about here, epoch ms. */
  now: number;
}

/** A batch that can be decided without reading. */
export interface Recalled {
  loaded: Loaded;
  now: number;
  assumed: Assumed;
  /**
   * Whether these changes prove that the promises which the batch creates did not exist: inserting one that exists fails. If
   * such a promise is not inserted, nothing would check that.
   */
  isProvenBy(changes: Changes): boolean;
}

/** The rows that a batch has read and written, for the next one. */
export interface Seen {
  needs: Needs;
  loaded: Loaded;
  /** The version of each loaded promise and task, in their order; empty if nothing was read. */
  versions: { promises: readonly string[]; tasks: readonly string[] };
  changes: Changes | null;
  /** What its commit answered; null if that was lost. The last but one statement returns the version of the written rows. */
  answer: readonly Rows[] | null;
  /** The server, and its clock at an instant of `performance.now()`. */
  clock: Reading;
}

/** A reading of the server's clock. */
export interface Reading {
  server: string;
  now: number;
  at: number;
}

/** A promise that can still settle, with its task. */
interface Entry {
  promise: PromiseRow;
  version: string;
  /** null: it has none. It cannot get one later. */
  task: { row: TaskRow; version: string } | null;
  /** Its branch has more promises than a fence answers. It never has fewer later, except by retention. */
  isFenceCut: boolean;
  /**
   * Somebody may have a callback or a listener on it. If not, its settlement is decided without reading them: this is so for
   * steps and for workflows that the process which creates them runs (`task.create`), until one is registered here.
   */
  mayBeAwaited: boolean;
}

/** Larger batches share the cost of a round trip. One wrong row would repeat all of them. */
const MAX_PROMISES = 8;
const MAX_ENTRIES = 20_000;
const MAX_BYTES = 16 << 20;
const MAX_ENTRY_BYTES = 1 << 20;
/** A row with its objects in memory, besides its texts. */
const ROW_BYTES = 600;
/** After a wrong assumption none is made for this long. It doubles with each that follows. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** The estimate of the server's clock falls back by this many ms per ms, so that it follows a slower clock. */
const CLOCK_DRIFT = 0.001;

export class RememberedRows {
  readonly #entries = new LRUCache<string, Entry>({
    max: MAX_ENTRIES,
    maxSize: MAX_BYTES,
    maxEntrySize: MAX_ENTRY_BYTES,
    sizeCalculation: bytesOf,
  });
  #server = '';
  /** How far the server's clock is ahead of `performance.now()`; null: unknown. */
  #ahead: { ms: number; at: number } | null = null;
  #pauseUntil = 0;
  #pauseMs = FIRST_PAUSE_MS;

  /** @returns what the batch can be decided from; null if it must read. */
  recall(needs: Needs): Recalled | null {
    const ahead = this.#ahead;
    const at = performance.now();
    if (ahead === null || at < this.#pauseUntil || !isSmall(needs)) return null;
    const now = Math.floor(at + ahead.ms - (at - ahead.at) * CLOCK_DRIFT);
    const loaded = emptyLoaded();
    const promises = new Map<string, string>();
    const tasks = new Map<string, string>();
    const absent: string[] = [];
    for (const id of needs.promises) {
      const entry = this.#entries.get(id);
      if (!entry) {
        if (!needs.creations.has(id)) return null;
        absent.push(id);
        continue;
      }
      if (!isEnough(entry, needs)) return null;
      loaded.promises.push(entry.promise);
      promises.set(id, entry.version);
      if (needs.fenced.has(id)) loaded.cutFences.push(entry.promise.tags[TAG.branch] ?? '');
      if (!entry.task || !needs.tasks.has(id)) continue;
      loaded.tasks.push(entry.task.row);
      tasks.set(id, entry.task.version);
    }
    const settlements = [...needs.settlements].filter((id) => promises.has(id));
    const assumed = { promises, tasks, settlements, branches: [...needs.branches], server: this.#server, now };
    const isProvenBy = ({ promises: { inserts } }: Changes) =>
      absent.every((id) => inserts.some((inserted) => inserted.id === id));
    return { loaded, now, assumed, isProvenBy };
  }

  /** An assumption was wrong, or it is not known whether it was. */
  wasWrong({ promises }: Assumed): void {
    for (const id of promises.keys()) this.#entries.delete(id);
    this.#ahead = null;
    this.#pauseUntil = performance.now() + this.#pauseMs;
    this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
  }

  /** A batch that was decided from remembered rows is committed. */
  wasRight(): void {
    this.#pauseMs = FIRST_PAUSE_MS;
  }

  /** Remembers what a batch has read and written. It is committed. */
  keep(seen: Seen): void {
    const { needs, changes, answer, clock } = seen;
    if (clock.server !== this.#server) {
      this.#entries.clear();
      this.#server = clock.server;
    }
    this.#read(clock);
    const isKept = needs.promises.size <= MAX_PROMISES && answer !== null;
    for (const id of changes ? changedIds(changes) : []) {
      if (!isKept || !needs.promises.has(id)) this.#entries.delete(id);
    }
    if (!isKept) return;
    const rows = rowsAfter(seen);
    for (const id of needs.promises) {
      const entry = entryOf(id, rows, seen, this.#entries.peek(id));
      if (entry) this.#entries.set(id, entry);
      else this.#entries.delete(id);
    }
    for (const id of changes ? awaitedIds(changes) : []) {
      const entry = this.#entries.peek(id);
      if (entry) this.#entries.set(id, { ...entry, mayBeAwaited: true });
    }
  }

  /** The true clock is not behind a reading, because it was read before its answer arrived. */
  #read({ now, at }: Reading): void {
    const before = this.#ahead ? this.#ahead.ms - (at - this.#ahead.at) * CLOCK_DRIFT : -Infinity;
    this.#ahead = { ms: Math.max(now - at, before), at };
  }
}

/** Whether a batch names so few and such rows that it may be decided from remembered ones. */
function isSmall({ promises, tasks, callbacks, listeners, schedules }: Needs): boolean {
  if (promises.size === 0 || promises.size > MAX_PROMISES) return false;
  if (callbacks.size + listeners.size + schedules.size > 0) return false;
  for (const id of tasks) if (!promises.has(id)) return false;
  return true;
}

/** Whether everything that the batch needs of this promise is remembered or checked. */
function isEnough({ promise, mayBeAwaited, isFenceCut }: Entry, needs: Needs): boolean {
  const { id } = promise;
  if (needs.settlements.has(id) && mayBeAwaited) return false;
  if (needs.fenced.has(id) && !isFenceCut) return false;
  return !needs.preloads.has(id) && !needs.resumed.has(id);
}

/** A promise within a workflow. */
function isStep({ id, tags }: PromiseRow): boolean {
  const branch = tags[TAG.branch];
  return branch !== undefined && branch !== id;
}

interface Versioned<Row> {
  row: Row;
  version: string;
}

interface RowsAfter {
  promises: Map<string, Versioned<PromiseRow>>;
  tasks: Map<string, Versioned<TaskRow>>;
}

/** The rows as they are after the batch. */
function rowsAfter({ loaded, versions, changes, answer }: Seen): RowsAfter {
  const promises = versioned(loaded.promises, versions.promises);
  const tasks = versioned(loaded.tasks, versions.tasks);
  const written = String(answer?.at(-2)?.[0]?.[0]);
  if (changes !== null) {
    for (const row of changedRows(changes.promises)) promises.set(row.id, { row, version: written });
    for (const row of changedRows(changes.tasks)) tasks.set(row.id, { row, version: written });
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

function changedRows<Row>({ inserts, updates }: { inserts: readonly Row[]; updates: readonly Row[] }): readonly Row[] {
  return [...inserts, ...updates];
}

function* changedIds({ promises, tasks }: Changes): Generator<string> {
  for (const { inserts, updates, deletes } of [promises, tasks]) {
    for (const rows of [inserts, updates, deletes]) for (const { id } of rows) yield id;
  }
}

function awaitedIds({ callbacks, listeners }: Changes): string[] {
  return [
    ...callbacks.inserts.flatMap(({ awaited, awaiter }) => [awaited, awaiter]),
    ...listeners.inserts.map(({ awaited }) => awaited),
  ];
}

function entryOf(id: string, rows: RowsAfter, seen: Seen, before: Entry | undefined): Entry | null {
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
  const isStartedHere = isNew && task !== null;
  const mayBeAwaited = isSame ? before.mayBeAwaited : !(isStartedHere || (task === null && isStep(promise.row)));
  return { promise: promise.row, version: promise.version, task, isFenceCut, mayBeAwaited };
}

function bytesOf({ promise: { id, param, tags }, task }: Entry): number {
  let texts = 2 * id.length + (param.data?.length ?? 0) + (task?.row.address.length ?? 0);
  for (const map of [tags, param.headers ?? {}])
    for (const [name, text] of Object.entries(map)) texts += name.length + text.length;
  return 2 * ROW_BYTES + 2 * texts;
}
