import { emptyLoaded, pairKey, type Changes, type Loaded, type Needs, type TaskRow } from '@resonate/machine';
import { TAG } from '@resonate/protocol';
import { LRUCache } from 'lru-cache';
import {
  awaitedIds,
  bytesOf,
  changed,
  entryOf,
  EXISTS,
  rowsAfter,
  withAwaiters,
  type Remembered,
  type Reading,
  type Seen,
} from './remembered-entry.ts';

/**
 * Rows as earlier batches of this process left them. The next batch that needs only such rows is decided at once, and its write
 * also checks that they did not change. So it takes one round trip instead of two (docs/decisions/remembered-rows.md).
 */

/** What a batch was decided from without reading it. Its write must check all of this, and lock the rows. */
export interface Assumed {
  /** The rows by id, with the version that each must still have. */
  promises: ReadonlyMap<string, string>;
  tasks: ReadonlyMap<string, string>;
  /** Of these promises there must be no callback in which one is awaited or awaiter, and no listeners but `listeners`. */
  settlements: readonly string[];
  listeners: readonly { awaited: string; address: string; version: string }[];
  /** No promise may be in one of these branches. */
  branches: readonly string[];
  /** The start time of the server that the versions belong to: another server may use the same versions again. */
  server: string;
  /** The server's clock must be close to this, epoch ms. */
  now: number;
}

/** A batch that can be decided without reading. */
export interface Recalled {
  loaded: Loaded;
  now: number;
  assumed: Assumed;
  /**
   * True if the changes insert every promise, call and listener that was assumed not to exist. Inserting one that exists fails, so
   * the insert checks the assumption.
   */
  isProvenBy(changes: Changes): boolean;
}

/** Larger batches share the cost of a round trip. One wrong row would repeat all of them. */
const MAX_PROMISES = 8;
/**
 * A lower limit while other batches are in flight. Otherwise batches would take little time under load, so they would stay small,
 * and many small batches cost more CPU than few large ones.
 */
const MAX_PROMISES_BESIDE_OTHERS = 2;
const MAX_ENTRIES = 20_000;
const MAX_BYTES = 16 << 20;
const MAX_ENTRY_BYTES = 1 << 20;
/** A wrong assumption costs a round trip and a line in the server's log. After this many within this time, batches read. */
const MAX_WRONG = 5;
const WRONG_WITHIN_MS = 10_000;
/** The estimate of the server's clock falls back by this many ms per ms, so that it follows a slower clock. */
const CLOCK_DRIFT = 0.001;
/** If the last reading of the clock is older, a batch reads. So the drift lowers the estimate by 10 ms at most. */
const MAX_READING_AGE_MS = 10_000;
/**
 * If a promise expires within this time, the batch reads. Another process may see the timeout before this batch has its locks,
 * and then this batch must not settle the promise in another way. `unchanged` accepts batches that are 250 ms late.
 */
const NEAR_TIMEOUT_MS = 500;

export class RememberedRows {
  readonly #entries = new LRUCache<string, Remembered | typeof EXISTS>({
    max: MAX_ENTRIES,
    maxSize: MAX_BYTES,
    sizeCalculation: bytesOf,
  });
  /** Batches that were tried once. They read when they run again. */
  readonly #tried = new WeakSet<Needs>();
  #server = '';
  /** How far the server's clock is ahead of `performance.now()`; null: unknown. */
  #ahead: { ms: number; at: number } | null = null;
  /** When the last assumptions were wrong, by `performance.now()`: `MAX_WRONG` at most, the oldest first. */
  #wrongAt: number[] = [];

  /**
   * @param isAlone no other batch of this process is in flight.
   * @returns what the batch can be decided from; null if it must read.
   */
  recall(needs: Needs, isAlone: boolean): Recalled | null {
    if (needs.promises.size > (isAlone ? MAX_PROMISES : MAX_PROMISES_BESIDE_OTHERS)) return null;
    const now = this.#now();
    if (now === null || this.#tried.has(needs) || !hasOnlyPromises(needs)) return null;
    const found = this.#find(needs, now);
    if (!found) return null;
    for (const { called } of needs.calls.values()) if (!found.absent.includes(called)) return null;
    this.#tried.add(needs);
    const loaded = loadedOf(found.entries, needs);
    const assumed = { ...assumedOf(found.entries, needs), server: this.#server, now };
    return { loaded, now, assumed, isProvenBy: proofOf(found.absent, loaded, needs) };
  }

  /** The promises of a batch; null if it must read one. */
  #find(needs: Needs, now: number): Found | null {
    const found: Found = { entries: new Map(), absent: [] };
    for (const id of needs.promises) {
      const entry = this.#entries.get(id);
      if (entry && entry.row !== null && canDecideFrom(entry, needs, now)) found.entries.set(id, entry);
      else if (!entry && needs.creations.has(id)) found.absent.push(id);
      else return null;
    }
    return found;
  }

  /** An assumption was wrong. */
  assumptionFailed({ promises }: Assumed): void {
    for (const id of promises.keys()) this.#entries.delete(id);
    this.#ahead = null;
    this.#wrongAt = [...this.#wrongAt, performance.now()].slice(-MAX_WRONG);
  }

  forgetAll(): void {
    this.#entries.clear();
    this.#ahead = null;
  }

  /** Remembers what a batch has read and written. It is committed. */
  keep(seen: Seen): void {
    const { needs, changes, answer, clock } = seen;
    if (answer === null || (changes && countOf(changes) > MAX_ENTRIES)) return this.forgetAll();
    this.#read(clock);
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
      if (changes && entry?.row) this.#entries.set(id, withAwaiters(id, entry, changes, written));
    }
  }

  #keepAll(seen: Seen, written: string): void {
    const rows = rowsAfter(seen, written);
    for (const id of seen.needs.promises) {
      const before = this.#entries.peek(id);
      const entry = entryOf(id, rows, seen, before?.row ? before : null);
      if (entry && bytesOf(entry) <= MAX_ENTRY_BYTES) this.#entries.set(id, entry);
      else if (rows.promises.has(id)) this.#entries.set(id, EXISTS);
      else this.#entries.delete(id);
    }
  }

  /** A batch that does not name the promise has changed its task, for example by a heartbeat. */
  #renewTask(row: TaskRow, version: string): void {
    const entry = this.#entries.peek(row.id);
    if (!entry?.row) return;
    if (entry.task && row.state === 'acquired') this.#entries.set(row.id, { ...entry, task: { row, version } });
    else this.#entries.set(row.id, EXISTS);
  }

  /** The server's clock, or a little less; null if it must be read. */
  #now(): number | null {
    const at = performance.now();
    const ahead = this.#ahead;
    if (ahead === null || at - ahead.at > MAX_READING_AGE_MS) return null;
    const [firstWrongAt = -Infinity] = this.#wrongAt;
    if (this.#wrongAt.length === MAX_WRONG && at - firstWrongAt < WRONG_WITHIN_MS) return null;
    return Math.floor(at + ahead.ms - (at - ahead.at) * CLOCK_DRIFT);
  }

  /** The true clock is not behind a reading, because it was read before its answer arrived. */
  #read({ server, now, at }: Reading): void {
    if (server !== this.#server) {
      this.forgetAll();
      this.#server = server;
    }
    // If an answer arrives late, its estimate is too low. Then keep the earlier reading, until that is too old.
    const isUsable = this.#ahead !== null && at - this.#ahead.at <= MAX_READING_AGE_MS;
    const before = this.#ahead && isUsable ? this.#ahead.ms - (at - this.#ahead.at) * CLOCK_DRIFT : -Infinity;
    if (now - at >= before) this.#ahead = { ms: now - at, at };
  }
}

interface Found {
  entries: Map<string, Remembered>;
  /** Promises that are not remembered. The batch creates them, which fails if they exist. */
  absent: string[];
}

/** The rows that reading them would have loaded. */
function loadedOf(entries: Found['entries'], needs: Needs): Loaded {
  const loaded = emptyLoaded();
  for (const [id, { row, task, listeners }] of entries) {
    loaded.promises.push(row);
    if (needs.fenced.has(id)) loaded.cutFences.push(row.tags[TAG.branch] ?? '');
    if (task && needs.tasks.has(id)) loaded.tasks.push(task.row);
    const isSettled = needs.settlements.has(id);
    for (const { row: listener } of listeners ?? [])
      if (isSettled || needs.listeners.has(pairKey(id, listener.address))) loaded.listeners.push(listener);
  }
  return loaded;
}

function assumedOf(entries: Found['entries'], needs: Needs): Omit<Assumed, 'server' | 'now'> {
  const promises = new Map<string, string>();
  const tasks = new Map<string, string>();
  const listeners: Assumed['listeners'][number][] = [];
  const settlements = [...needs.settlements].filter((id) => entries.has(id));
  for (const [id, entry] of entries) {
    promises.set(id, entry.version);
    if (entry.task && needs.tasks.has(id)) tasks.set(id, entry.task.version);
  }
  for (const awaited of settlements)
    for (const { row, version } of entries.get(awaited)?.listeners ?? [])
      listeners.push({ awaited, address: row.address, version });
  return { promises, tasks, settlements, listeners, branches: [...needs.branches] };
}

function proofOf(absent: readonly string[], loaded: Loaded, needs: Needs): Recalled['isProvenBy'] {
  const known = new Set(loaded.listeners.map(({ awaited, address }) => pairKey(awaited, address)));
  const newListeners = [...needs.listeners].filter(([key]) => !known.has(key)).map(([, listener]) => listener);
  return ({ promises, calls, listeners }) =>
    absent.every((id) => promises.inserts.some((inserted) => inserted.id === id)) &&
    calls.inserts.length === needs.calls.size &&
    newListeners.every(({ awaited, address }) =>
      listeners.inserts.some((inserted) => inserted.awaited === awaited && inserted.address === address),
    );
}

/** Whether a batch names nothing but promises, and tasks and listeners of these. */
function hasOnlyPromises({ promises, tasks, callbacks, listeners, schedules }: Needs): boolean {
  if (promises.size === 0 || callbacks.size + schedules.size > 0) return false;
  for (const id of tasks) if (!promises.has(id)) return false;
  for (const { awaited } of listeners.values()) if (!promises.has(awaited)) return false;
  return true;
}

/** Whether everything that the batch needs of this promise is remembered or checked. */
function canDecideFrom(
  { row: { id, tags, timeoutAt }, listeners, isFenceCut }: Remembered,
  needs: Needs,
  now: number,
): boolean {
  if (timeoutAt <= now + NEAR_TIMEOUT_MS) return false;
  if (listeners === null && (needs.settlements.has(id) || isListenedTo(id, needs))) return false;
  if (needs.fenced.has(id) && !isFenceCut) return false;
  return !needs.preloads.has(id) && !needs.resumed.has(id) && !needs.branches.has(tags[TAG.branch] ?? '');
}

function isListenedTo(id: string, needs: Needs): boolean {
  return needs.listeners.size > 0 && [...needs.listeners.values()].some(({ awaited }) => awaited === id);
}

function countOf({ promises, tasks }: Changes): number {
  return [promises, tasks].reduce((sum, { inserts, updates }) => sum + inserts.length + updates.length, 0);
}

/** The version of the rows that a batch has written, from the answer to its commit. */
function writtenBy(answer: NonNullable<Seen['answer']>): string {
  return String(answer.at(-2)?.[0]?.[0]);
}
