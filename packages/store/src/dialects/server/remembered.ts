import type { Rows } from '@resonate/drivers';
import {
  emptyLoaded,
  type Changes,
  type Loaded,
  type Needs,
  type PromiseRow,
  type RowChanges,
  type TaskRow,
} from '@resonate/machine';
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
  /** The server, and its clock at an instant of `performance.now()`; null if it was not read. */
  clock: Reading | null;
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

/** A promise that exists, but of which too little is known. */
const EXISTS = { promise: null };

/** Larger batches share the cost of a round trip. One wrong row would repeat all of them. */
const MAX_PROMISES = 8;
const MAX_ENTRIES = 20_000;
const MAX_BYTES = 16 << 20;
const MAX_ENTRY_BYTES = 1 << 20;
/** An object with its fields in memory, and an entry of a map, besides their texts. */
const ROW_BYTES = 600;
const MAP_ENTRY_BYTES = 100;
/** After a wrong assumption none is made for this long. It doubles with each that follows. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** The estimate of the server's clock falls back by this many ms per ms, so that it follows a slower clock. */
const CLOCK_DRIFT = 0.001;
/** With an older reading of the clock a batch reads. So the estimate is at most 10 ms behind. */
const MAX_READING_AGE_MS = 10_000;
/**
 * A batch that names a promise which expires this soon reads. Others may see the timeout before the batch has its locks, and
 * then it must not settle the promise otherwise. It is more than `unchanged` allows the clock to be ahead of the batch's time.
 */
const NEAR_TIMEOUT_MS = 500;

export class RememberedRows {
  readonly #entries = new LRUCache<string, Entry | typeof EXISTS>({
    max: MAX_ENTRIES,
    maxSize: MAX_BYTES,
    maxEntrySize: MAX_ENTRY_BYTES,
    sizeCalculation: bytesOf,
  });
  /** Batches that were tried once. They read when they run again. */
  readonly #tried = new WeakSet<Needs>();
  #server = '';
  /** How far the server's clock is ahead of `performance.now()`; null: unknown. */
  #ahead: { ms: number; at: number } | null = null;
  #pauseUntil = 0;
  #pauseMs = FIRST_PAUSE_MS;

  /** @returns what the batch can be decided from; null if it must read. */
  recall(needs: Needs): Recalled | null {
    const now = this.#now();
    if (now === null || this.#tried.has(needs) || !isSmall(needs)) return null;
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
      if (entry.promise === null || !isEnough(entry, needs, now)) return null;
      loaded.promises.push(entry.promise);
      promises.set(id, entry.version);
      if (needs.fenced.has(id)) loaded.cutFences.push(entry.promise.tags[TAG.branch] ?? '');
      if (!entry.task || !needs.tasks.has(id)) continue;
      loaded.tasks.push(entry.task.row);
      tasks.set(id, entry.task.version);
    }
    this.#tried.add(needs);
    const settlements = [...needs.settlements].filter((id) => promises.has(id));
    const assumed = { promises, tasks, settlements, branches: [...needs.branches], server: this.#server, now };
    const isProvenBy = ({ promises: { inserts } }: Changes) =>
      absent.every((id) => inserts.some((inserted) => inserted.id === id));
    return { loaded, now, assumed, isProvenBy };
  }

  /** An assumption was wrong. */
  wasWrong({ promises }: Assumed): void {
    for (const id of promises.keys()) this.#entries.delete(id);
    this.#ahead = null;
    this.#pauseUntil = performance.now() + this.#pauseMs;
    this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
  }

  /** Assumptions were right. */
  wasRight(): void {
    this.#pauseMs = FIRST_PAUSE_MS;
  }

  forgetAll(): void {
    this.#entries.clear();
    this.#ahead = null;
  }

  /** Remembers what a batch has read and written. It is committed. */
  keep(seen: Seen): void {
    const { needs, changes, answer, clock } = seen;
    if (answer === null || (changes && countOf(changes) > MAX_ENTRIES)) return this.forgetAll();
    if (clock) this.#read(clock);
    const written = writtenBy(answer);
    const isSmall = needs.promises.size <= MAX_PROMISES;
    if (changes) {
      for (const { id } of changed(changes.promises)) if (!isSmall || !needs.promises.has(id)) this.#entries.delete(id);
      for (const row of changed(changes.tasks))
        if (!isSmall || !needs.promises.has(row.id)) this.#renewTask(row, written);
    }
    if (isSmall) this.#keepAll(seen, written);
    for (const id of changes ? awaitedIds(changes) : []) {
      const entry = this.#entries.peek(id);
      if (entry?.promise) this.#entries.set(id, { ...entry, mayBeAwaited: true });
    }
  }

  #keepAll(seen: Seen, written: string): void {
    const rows = rowsAfter(seen, written);
    for (const id of seen.needs.promises) {
      const before = this.#entries.peek(id);
      const entry = entryOf(id, rows, seen, before?.promise ? before : null);
      if (entry) this.#entries.set(id, entry);
      else if (rows.promises.has(id)) this.#entries.set(id, EXISTS);
      else this.#entries.delete(id);
    }
  }

  /** A batch that does not name the promise has changed its task, for example by a heartbeat. */
  #renewTask(row: TaskRow, version: string): void {
    const entry = this.#entries.peek(row.id);
    if (!entry?.promise) return;
    if (entry.task && row.state === 'acquired') this.#entries.set(row.id, { ...entry, task: { row, version } });
    else this.#entries.set(row.id, EXISTS);
  }

  /** The server's clock, or a little less; null if it must be read. */
  #now(): number | null {
    const at = performance.now();
    const ahead = this.#ahead;
    if (ahead === null || at - ahead.at > MAX_READING_AGE_MS || at < this.#pauseUntil) return null;
    return Math.floor(at + ahead.ms - (at - ahead.at) * CLOCK_DRIFT);
  }

  /** The true clock is not behind a reading, because it was read before its answer arrived. */
  #read({ server, now, at }: Reading): void {
    if (server !== this.#server) {
      this.forgetAll();
      this.#server = server;
    }
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
function isEnough({ promise, mayBeAwaited, isFenceCut }: Entry, needs: Needs, now: number): boolean {
  const { id, tags, timeoutAt } = promise;
  if (timeoutAt <= now + NEAR_TIMEOUT_MS) return false;
  if (needs.settlements.has(id) && mayBeAwaited) return false;
  if (needs.fenced.has(id) && !isFenceCut) return false;
  return !needs.preloads.has(id) && !needs.resumed.has(id) && !needs.branches.has(tags[TAG.branch] ?? '');
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
function rowsAfter({ loaded, versions, changes }: Seen, written: string): RowsAfter {
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

/** The rows of a table that are there after the batch and were not like that before. */
function changed<Row>({ inserts, updates }: RowChanges<Row>): readonly Row[] {
  return updates.length === 0 ? inserts : [...inserts, ...updates];
}

function countOf({ promises, tasks }: Changes): number {
  return [promises, tasks].reduce((sum, { inserts, updates }) => sum + inserts.length + updates.length, 0);
}

/** The version of the rows that a batch has written, from the answer to its commit. */
function writtenBy(answer: readonly Rows[]): string {
  return String(answer.at(-2)?.[0]?.[0]);
}

function awaitedIds({ callbacks, listeners }: Changes): string[] {
  return [
    ...callbacks.inserts.flatMap(({ awaited, awaiter }) => [awaited, awaiter]),
    ...listeners.inserts.map(({ awaited }) => awaited),
  ];
}

function entryOf(id: string, rows: RowsAfter, seen: Seen, before: Entry | null): Entry | null {
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

function bytesOf({ promise, ...rest }: Entry | typeof EXISTS): number {
  if (promise === null) return ROW_BYTES;
  const { id, param, tags } = promise;
  let bytes = 2 * ROW_BYTES + 4 * id.length + 2 * (param.data?.length ?? 0);
  for (const map of [tags, param.headers ?? {}]) {
    for (const [name, value] of Object.entries(map)) bytes += MAP_ENTRY_BYTES + 2 * (name.length + value.length);
  }
  if (!('task' in rest) || !rest.task) return bytes;
  const { address, target, pid, prefers } = rest.task.row;
  return bytes + 2 * [address, target, pid ?? '', prefers ?? ''].join('').length;
}
