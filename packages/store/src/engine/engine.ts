import { getHeapStatistics } from 'node:v8';
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
import {
  BatchConflict,
  OutcomeUnknown,
  StoreUnavailable,
  TooMuchAtOnce,
  type Decision,
  type Dialect,
} from '../dialect.ts';
import { BATCH_BYTES } from '../dialects/shares.ts';
import type { StoreEvents } from '../events.ts';
import { Batcher, type BatcherLimits, type Entry } from './batcher.ts';
import { errorReply, INTERNAL_ERROR, isFault } from './error-reply.ts';
import type { Offer } from './handover.ts';
import { bytesOfPromises } from './bytes-of-promises.ts';

export interface EngineOptions {
  dialect: Dialect;
  limits: BatcherLimits;
  retryTimeoutMs: number;
  /** For each transaction: what this process can deliver itself, right after the commit. */
  offer(): Offer;
  /** Told the store's clock as each batch reads it. */
  clocked(now: number): void;
  /** Told what a batch changed: after its commit, before anybody is answered. */
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
  /** Rows that the batch turned out to need. With any, nothing was decided. */
  more: MoreNeeded[];
  now: number;
}

/** A batch that lost this often in a row is run in halves, then alone, so that one culprit harms no other. */
const MAX_CONFLICTS = 10;
/** The same for a batch that keeps asking for more rows. Three rounds are the most that any known request takes. */
const MAX_REPEATS = 8;
/** From this conflict on a batch waits a moment: its opponent is done by then. */
const PAUSE_FROM_CONFLICT = 3;
const PAUSE_MS = { min: 5, max: 50 };
const PART_PAUSE_MS = 10;

/** Bytes of promises that a request may load that names many. Decoded and answered they take several times as much. */
const ALONE_BYTES = getHeapStatistics().heap_size_limit / 8;

/** A batch asked for more rows again and again: a fault of the program. Nothing was committed. */
class EndlessRepeat extends Error {
  override readonly name = 'EndlessRepeat';
}

/**
 * Runs commands against the database: those that may change something in locked batches, those that only read beside
 * them. Every command is answered; nothing is ever rejected.
 */
export class Engine {
  readonly #options: EngineOptions;
  readonly #writes: Batcher<Submitted, Reply>;
  readonly #reads: Batcher<Submitted, Reply>;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#writes = new Batcher(options.limits, (entries) => this.#timed('write', entries, this.#write(entries)));
    this.#reads = new Batcher(options.limits, (entries) => this.#timed('read', entries, this.#read(entries)));
  }

  /** Requests that wait for a batch. */
  get waiting(): number {
    return this.#writes.waiting + this.#reads.waiting;
  }

  /** How long nothing has been answered although something was asked, in ms; 0 while nothing is asked. */
  get silentMs(): number {
    return Math.max(this.#writes.silentMs, this.#reads.silentMs);
  }

  /** @param weight the request's size in bytes, which bounds the queue and a batch. */
  submit(command: Command, debugNow: number | null, weight: number, choices?: Choices): Promise<Reply> {
    const batcher = command.kind in READS ? this.#reads : this.#writes;
    return this.#answered(command, batcher.submit({ command, debugNow, choices }, weight));
  }

  /** A command of the server's own. A full queue does not refuse it: timers must fire under load as well. */
  submitOwn(command: Command, debugNow: number | null): Promise<Reply> {
    return this.#answered(command, this.#writes.submitAlways({ command, debugNow }, 0));
  }

  /** Resolves when everything submitted is answered. */
  async drain(): Promise<void> {
    // Reads first, as some become writes.
    await this.#reads.drain();
    await this.#writes.drain();
  }

  #answered(command: Command, reply: Promise<Reply>): Promise<Reply> {
    return reply.catch((error: unknown) => this.#failed(command, error));
  }

  #failed({ kind }: Command, error: unknown): Reply {
    if (isFault(error)) this.#options.events.faulted(kind, error);
    return errorReply(error);
  }

  async #timed(sort: 'write' | 'read', entries: Entries, done: Promise<void>): Promise<void> {
    const start = performance.now();
    await done.finally(() =>
      this.#options.events.batchDone({
        sort,
        size: entries.length,
        commands: () => entries.map(({ item }) => item.command),
        waitedMs: start - (entries[0]?.since ?? start),
        ms: performance.now() - start,
      }),
    );
  }

  /** Runs a batch: load, decide, write, commit, and only then answer. */
  async #write(entries: Entries): Promise<void> {
    try {
      const replies = await this.#transactWithRetries(entries);
      entries.forEach((entry, index) => entry.resolve(replies[index] ?? INTERNAL_ERROR));
    } catch (error) {
      if (error instanceof StoreUnavailable) this.#options.events.unavailable(error);
      // An unknown outcome may be a commit: run again, the batch would tell whoever succeeded that another did.
      const isOver = entries.length <= 1 || error instanceof StoreUnavailable || error instanceof OutcomeUnknown;
      if (isOver) return entries.forEach(({ item, resolve }) => resolve(this.#failed(item.command, error)));
      await inHalves(entries, error, (half) => this.#write(half));
    }
  }

  /** @throws what `Dialect.transact` does; EndlessRepeat. */
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

  /** Whether the promises fit into memory after all, though one is larger than its share; then all of them are loaded. */
  async #loadsAll(needs: Needs, requests: number): Promise<boolean> {
    if (needs.loadsAll) return false;
    const most = requests > 1 ? BATCH_BYTES : ALONE_BYTES;
    needs.loadsAll = (await bytesOfPromises(this.#options.dialect, needs.promises)) <= most;
    return needs.loadsAll;
  }

  async #transact(entries: Entries, needs: Needs): Promise<Decided> {
    const { dialect, events, clocked } = this.#options;
    const offer = this.#options.offer();
    const committed = events.measured('write', () =>
      dialect.transact(needs, (loaded, now) => this.#decide(entries, needs, { loaded, now }, offer)),
    );
    const { changes, result } = await committed.catch((error: unknown) => {
      offer.cancel();
      throw error;
    });
    clocked(result.now);
    this.#afterCommit(entries, offer, changes);
    return result;
  }

  /** Runs every command of a batch on the rows that were loaded for it, in the order they came. */
  #decide(entries: Entries, needs: Needs, { loaded, now }: Rows, offer: Offer): Decision<Decided> {
    if (isTorn(needs, loaded)) throw new BatchConflict('a promise was created while the batch was loaded');
    const ws = new WorkingSet(needs, loaded);
    const more: MoreNeeded[] = [];
    const replies = entries.map(({ item }) => this.#perform(ws, item, now, more));
    const result = { replies, more, now };
    const changes = more.length > 0 ? null : ws.changes();
    if (changes === null || isEmpty(changes)) return { changes: null, result };
    offer.take(changes, ws, now);
    return { changes, result };
  }

  /** One command on the working set; when it throws, it alone is undone. */
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
        events.faulted(command.kind, error);
      }
      return INTERNAL_ERROR;
    }
  }

  /** The batch is committed: whatever goes wrong here must not look like a batch that failed. */
  #afterCommit(entries: Entries, offer: Offer, changes: Changes | null): void {
    const { events, committed } = this.#options;
    for (const step of [() => offer.send(), () => changes && committed(changes)]) {
      try {
        step();
      } catch (error) {
        events.faulted(entries[0]?.item.command.kind ?? 'unknown', error);
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
      if (!(error instanceof TooMuchAtOnce) || entries.length <= 1) throw error;
      await inHalves(entries, error, (half) => this.#read(half));
    }
  }

  #answerRead({ item, resolve, reject }: Entry<Submitted, Reply>, ws: WorkingSet, now: number): void {
    const { command, debugNow } = item;
    try {
      resolve(perform(ws, command, { now: debugNow ?? now, retryTimeoutMs: this.#options.retryTimeoutMs }));
    } catch (error) {
      // Reading an expired promise settles it (protocol section 4): that is a write.
      if (error instanceof MoreNeeded) return void this.#writes.submitAlways(item, 0).then(resolve, reject);
      this.#options.events.faulted(command.kind, error);
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

/** Runs a batch that failed in two parts, one after the other. */
async function inHalves(entries: Entries, error: unknown, run: (half: Entries) => Promise<void>): Promise<void> {
  const middle = entries.length >> 1;
  const first = entries.slice(0, middle);
  await run(first);
  if (error instanceof TooMuchAtOnce) await answersLeave(first);
  await run(entries.slice(middle));
}

/**
 * Between parts of a batch that was too large: answers of megabytes leave the process before it makes more of them. The
 * function that resolves a promise holds it, and so the answer, for as long as the batch is under way: it is let go.
 */
function answersLeave(entries: Entries): Promise<void> {
  const ignore = () => {};
  for (const entry of entries) Object.assign(entry, { resolve: ignore, reject: ignore });
  return new Promise((resolve) => setTimeout(resolve, PART_PAUSE_MS));
}

function pause(): Promise<void> {
  const ms = PAUSE_MS.min + Math.random() * (PAUSE_MS.max - PAUSE_MS.min);
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * A row that does not exist can't be locked: another process may create a promise between the statement that looks for
 * it and the one that looks for its task. A task without its promise, when both were looked for, shows that.
 */
function isTorn(needs: Needs, { promises, tasks }: Loaded): boolean {
  const found = new Set(promises.map(({ id }) => id));
  return tasks.some(({ id }) => needs.promises.has(id) && !found.has(id));
}

function isEmpty(changes: Changes): boolean {
  return Object.values(changes).every(
    ({ inserts, updates, deletes }) => inserts.length + updates.length + deletes.length === 0,
  );
}
