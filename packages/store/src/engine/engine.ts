import { BatchConflict, OutcomeUnknown, StoreUnavailable } from '@resonate/drivers';
import {
  collectNeeds,
  MoreNeeded,
  Needs,
  perform,
  READS,
  WorkingSet,
  type Changes,
  type Choices,
  type Command,
  type Loaded,
} from '@resonate/machine';
import type { Reply } from '@resonate/protocol';
import { TooMuchAtOnce, type Decision, type Dialect } from '../dialect.ts';
import { BATCH_BYTES, bytesOf, HEAP_SHARE_BYTES } from '../dialects/shares.ts';
import type { Batch, StoreEvents } from '../events.ts';
import { Batcher, type BatcherLimits, type BatchTimes, type Entry } from './batcher.ts';
import { errorReply, INTERNAL_ERROR, isServerError } from './error-reply.ts';
import type { Offer } from './handover.ts';

export interface EngineOptions {
  dialect: Dialect;
  limits: BatcherLimits;
  retryTimeoutMs: number;
  /** Called for each transaction: the messages that this process can deliver itself right after the commit. */
  offer(): Offer;
  /** Called with the store's clock as soon as a batch has read or estimated it. */
  clockRead(now: number): void;
  /** Called with what a batch changed, after its commit and before its requests are answered. */
  committed(changes: Changes): void;
  events: StoreEvents;
}

interface Submitted {
  command: Command;
  /** `resonate:debug_time`; null: the store's clock. */
  debugNow: number | null;
  choices?: Choices | undefined;
  /** Set when the command asked for more rows: see `Context.instantAt`. */
  instantAt?: number | undefined;
}

type Entries = Entry<Submitted, Reply>[];

interface Decided {
  replies: Reply[];
  /** Rows that the batch needs in addition. If there are any, nothing was decided. */
  more: MoreNeeded[];
}

/**
 * After this many conflicts a batch is split in halves, and these again, until the request that causes the
 * conflicts is alone and the others succeed.
 */
const MAX_CONFLICTS = 10;
/** The same for a batch that asks for more rows again and again. No known request asks more than three times. */
const MAX_REPEATS = 8;
/** After this many conflicts, wait briefly so that the competing batch can finish. */
const PAUSE_FROM_CONFLICT = 3;
const PAUSE_MS = { min: 5, max: 50 };
const PART_PAUSE_MS = 10;

/** A batch asked for more rows too often, which is a fault of the program. Nothing was committed. */
class EndlessRepeat extends Error {
  override readonly name = 'EndlessRepeat';
}

/**
 * Runs commands against the database. Commands that may change rows run in batches that lock them; commands that only
 * read run in batches without locks. Every command gets a reply; the promises never reject.
 */
export class Engine {
  readonly #options: EngineOptions;
  readonly #writes: Batcher<Submitted, Reply>;
  readonly #reads: Batcher<Submitted, Reply>;

  constructor(options: EngineOptions) {
    this.#options = options;
    const { limits } = options;
    this.#writes = new Batcher({
      limits,
      run: (entries) => this.#write(entries),
      ended: (entries, times) => this.#report('write', entries, times),
    });
    this.#reads = new Batcher({
      limits,
      run: (entries) => this.#read(entries),
      ended: (entries, times) => this.#report('read', entries, times),
    });
  }

  /** How many requests wait for a batch. */
  get waiting(): number {
    return this.#writes.waiting + this.#reads.waiting;
  }

  /** For how many ms no write, or no read, has been answered; 0 if no request waits for an answer. */
  get silentMs(): number {
    return Math.max(this.#writes.silentMs, this.#reads.silentMs);
  }

  /**
   * Adds the command to the next batch, which `#read` or `#write` runs.
   * @param size of the request in bytes. It counts against the limits of the queue and of a batch.
   */
  submit(command: Command, debugNow: number | null, size: number, choices?: Choices): Promise<Reply> {
    const batcher = command.kind in READS ? this.#reads : this.#writes;
    return batcher.add({ command, debugNow, choices }, size).catch((error: unknown) => this.#failed(command, error));
  }

  /** A command of the server itself. It is accepted even if the queue is full, because timers must fire under load, too. */
  submitOwn(command: Command, debugNow: number | null): Promise<Reply> {
    return this.#writes.addAlways({ command, debugNow }, 0).catch((error: unknown) => this.#failed(command, error));
  }

  /** Resolves when everything submitted is answered. */
  async drain(): Promise<void> {
    // Reads first, because a read may become a write.
    await this.#reads.drain();
    await this.#writes.drain();
  }

  /** The reply to a command whose batch failed. Reports the errors that an operator must see. */
  #failed({ kind }: Command, error: unknown): Reply {
    if (isServerError(error)) this.#options.events.requestFailed(kind, error);
    return errorReply(error);
  }

  #report(sort: Batch['sort'], entries: Entries, times: BatchTimes): void {
    const commands = () => entries.map(({ item }) => item.command);
    this.#options.events.batchDone({ sort, size: entries.length, commands, ...times });
  }

  /** Runs a batch: load, decide, write, commit. Answers only after the commit. */
  async #write(entries: Entries): Promise<void> {
    try {
      const replies = await this.#transactWithRetries(entries);
      entries.forEach((entry, index) => entry.resolve(replies[index] ?? INTERNAL_ERROR));
    } catch (error) {
      if (error instanceof StoreUnavailable) this.#options.events.unavailable(error);
      // After an unknown outcome the batch may have been committed. If it ran again, a client whose request succeeded
      // would get a 409, as if another client had been faster.
      const isOver = entries.length <= 1 || error instanceof StoreUnavailable || error instanceof OutcomeUnknown;
      if (isOver) for (const { reject } of entries) reject(error);
      else await inHalves(entries, error, (half) => this.#write(half));
    }
  }

  /** @throws what `Dialect.transact` throws, and EndlessRepeat. */
  async #transactWithRetries(entries: Entries): Promise<Reply[]> {
    const { events } = this.#options;
    const needs = needsOf(entries);
    let conflicts = 0;
    let repeats = 0;
    for (;;) {
      try {
        const { replies, more } = await this.#transact(entries, needs);
        if (more.length === 0) return replies;
        if (++repeats > MAX_REPEATS) {
          events.gaveUp('more_rows');
          throw new EndlessRepeat(`a batch of ${entries.length} asked for more rows ${repeats} times`);
        }
        more.forEach((rows) => rows.announce(needs));
        // Their size was not checked.
        needs.loadsAll = false;
        events.repeated();
      } catch (error) {
        if (error instanceof TooMuchAtOnce && (await this.#loadsAll(needs, entries.length))) continue;
        if (!(error instanceof BatchConflict)) throw error;
        if (++conflicts >= MAX_CONFLICTS) {
          events.gaveUp('conflict');
          throw error;
        }
        events.conflicted(conflicts);
        if (conflicts >= PAUSE_FROM_CONFLICT) await pause();
      }
    }
  }

  /** One row is larger than its share. Checks whether all of them together still fit into memory, and then loads them. */
  async #loadsAll(needs: Needs, requests: number): Promise<boolean> {
    if (needs.loadsAll) return false;
    const most = requests > 1 ? BATCH_BYTES : HEAP_SHARE_BYTES;
    needs.loadsAll = (await bytesOf(this.#options.dialect, needs)) <= most;
    return needs.loadsAll;
  }

  async #transact(entries: Entries, needs: Needs): Promise<Decided> {
    const { dialect, events } = this.#options;
    const offer = this.#options.offer();
    const transaction = events.measured('write', () =>
      dialect.transact(needs, (loaded, now) => this.#decide(entries, needs, { loaded, now }, offer)),
    );
    const { changes, result } = await transaction.catch((error: unknown) => {
      offer.cancel();
      throw error;
    });
    this.#afterCommit(entries, offer, changes);
    return result;
  }

  /** Runs each command of a batch, in order of arrival, on the rows that were loaded for it. */
  #decide(entries: Entries, needs: Needs, { loaded, now }: Rows, offer: Offer): Decision<Decided> {
    // Not after the commit: by then the clock has moved on.
    this.#options.clockRead(now);
    const ws = new WorkingSet(needs, loaded);
    if (isTorn(needs, loaded, ws)) throw new BatchConflict('a promise was created while the batch was loaded');
    const more: MoreNeeded[] = [];
    const replies = entries.map(({ item }) => this.#perform(ws, item, now, more));
    const result = { replies, more };
    const changes = more.length > 0 ? null : ws.changes();
    if (changes === null || isEmpty(changes)) return { changes: null, result };
    offer.take(changes, ws, now);
    return { changes, result };
  }

  /** Runs one command on the working set. If it throws, only its own changes are undone. */
  #perform(ws: WorkingSet, item: Submitted, now: number, more: MoreNeeded[]): Reply {
    const { command, choices, debugNow, instantAt } = item;
    const { retryTimeoutMs, events } = this.#options;
    const mark = ws.mark();
    try {
      return perform(ws, command, { ...choices, now: debugNow ?? now, instantAt, retryTimeoutMs });
    } catch (error) {
      ws.rewind(mark);
      if (error instanceof MoreNeeded) {
        more.push(error);
        item.instantAt ??= error.instantAt;
      } else {
        events.requestFailed(command.kind, error);
      }
      return INTERNAL_ERROR;
    }
  }

  /** Errors here are only logged: the batch is committed, so its requests must not be answered as failed. */
  #afterCommit(entries: Entries, offer: Offer, changes: Changes | null): void {
    const { events, committed } = this.#options;
    for (const step of [() => offer.send(), () => changes && committed(changes)]) {
      try {
        step();
      } catch (error) {
        events.requestFailed(entries[0]?.item.command.kind ?? 'unknown', error);
      }
    }
  }

  async #read(entries: Entries): Promise<void> {
    const { dialect, events } = this.#options;
    const needs = needsOf(entries);
    try {
      const { loaded, now } = await events.measured('read', () => dialect.load(needs));
      const ws = new WorkingSet(needs, loaded);
      for (const entry of entries) this.#answerRead(entry, ws, now);
    } catch (error) {
      if (error instanceof StoreUnavailable) events.unavailable(error);
      // One row that cannot be read must not fail the other requests.
      const isOver = entries.length <= 1 || error instanceof StoreUnavailable;
      if (isOver) for (const { reject } of entries) reject(error);
      else await inHalves(entries, error, (half) => this.#read(half));
    }
  }

  #answerRead({ item, resolve, reject }: Entry<Submitted, Reply>, ws: WorkingSet, now: number): void {
    const { command, debugNow } = item;
    try {
      resolve(perform(ws, command, { now: debugNow ?? now, retryTimeoutMs: this.#options.retryTimeoutMs }));
    } catch (error) {
      // Reading an expired promise settles it (protocol section 4), which is a write.
      if (error instanceof MoreNeeded) return void this.#writes.addAlways(item, 0).then(resolve, reject);
      this.#options.events.requestFailed(command.kind, error);
      resolve(INTERNAL_ERROR);
    }
  }
}

interface Rows {
  loaded: Loaded;
  now: number;
}

function needsOf(entries: Entries): Needs {
  const needs = new Needs();
  for (const { item } of entries) collectNeeds(item.command, needs, item.choices);
  return needs;
}

/** Splits a batch that failed in two, and runs one half after the other. */
async function inHalves(entries: Entries, error: unknown, run: (half: Entries) => Promise<void>): Promise<void> {
  const middle = entries.length >> 1;
  const first = entries.slice(0, middle);
  await run(first);
  if (error instanceof TooMuchAtOnce) await waitForAnswersToLeave(first);
  await run(entries.slice(middle));
}

/**
 * Waits between the parts of a batch that was too large, so that answers of megabytes are sent before more are made. An
 * entry's `resolve` keeps its answer in memory as long as the batch runs, so both functions are replaced.
 */
function waitForAnswersToLeave(entries: Entries): Promise<void> {
  const ignore = () => {};
  for (const entry of entries) Object.assign(entry, { resolve: ignore, reject: ignore });
  return new Promise((resolve) => setTimeout(resolve, PART_PAUSE_MS));
}

function pause(): Promise<void> {
  const ms = PAUSE_MS.min + Math.random() * (PAUSE_MS.max - PAUSE_MS.min);
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * A row that does not exist cannot be locked, so another process may create a promise between the statement that reads
 * promises and the one that reads tasks. If a task was found without its promise, this has happened.
 */
function isTorn(needs: Needs, { tasks }: Loaded, { promises }: WorkingSet): boolean {
  return tasks.some(({ id }) => needs.promises.has(id) && promises.peek(id) === null);
}

function isEmpty(changes: Changes): boolean {
  const { promises, tasks, callbacks, calls, listeners, schedules } = changes;
  return [promises, tasks, callbacks, calls, listeners, schedules].every(
    ({ inserts, updates, deletes }) => inserts.length + updates.length + deletes.length === 0,
  );
}
