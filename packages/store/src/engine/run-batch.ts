import {
  collectNeeds,
  MoreNeeded,
  Needs,
  perform,
  WorkingSet,
  type Changes,
  type Command,
  type Loaded,
} from '@resonate/machine';
import type { Reply } from '@resonate/protocol';
import { BatchConflict, OutcomeUnknown, RequestTooLarge, StoreUnavailable, type Dialect } from '../dialect.ts';
import type { Entry } from './batcher.ts';
import type { Offer } from './handover.ts';

export interface Submitted {
  command: Command;
  /** `resonate:debug_time`; null: the store's clock. */
  debugNow: number | null;
  /** Set when the command asked for more rows: see `Context.instantAt`. */
  instantAt?: number | undefined;
}

export interface BatchContext {
  dialect: Dialect;
  retryTimeoutMs: number;
  /** Claims what this process can hand over itself; changes `changes` in place. */
  offer(changes: Changes, ws: WorkingSet, now: number): Offer;
  /** Told the store's clock as each batch reads it. */
  clocked(now: number): void;
  /** Called after the commit, before anybody is answered. */
  committed(changes: Changes, now: number): void;
  /** A request that threw: a fault of the program. */
  faulted(command: Command, error: unknown): void;
  conflicted(attempt: number): void;
  /** The batch runs again since it needs rows that it had not named. */
  repeated(): void;
}

type BatchEntry = Entry<Submitted, Reply>;

/** A batch that lost this often in a row is tried in halves, then alone, so that one culprit harms no other. */
const MAX_ATTEMPTS = 10;

/** Runs a batch: load, decide, flush, commit, and only then answer. Answers every entry, never throws. */
export async function runBatch(entries: BatchEntry[], context: BatchContext): Promise<void> {
  try {
    const replies = await transactWithRetries(entries, context);
    entries.forEach((entry, index) => entry.resolve(replies[index] ?? FAULT));
  } catch (error) {
    if (error instanceof StoreUnavailable) {
      entries.forEach((entry) => entry.resolve({ status: 503, data: `Storage is unavailable: ${error.message}` }));
    } else if (error instanceof OutcomeUnknown) {
      // Perhaps it was committed: run again, it would tell whoever succeeded that another did.
      entries.forEach((entry) => failAlone(entry, error, context));
    } else if (entries.length > 1) {
      const middle = entries.length >> 1;
      await runBatch(entries.slice(0, middle), context);
      await runBatch(entries.slice(middle), context);
    } else {
      failAlone(entries[0], error, context);
    }
  }
}

const FAULT: Reply = { status: 500, data: 'Internal error' };

function failAlone(entry: BatchEntry | undefined, error: unknown, context: BatchContext): void {
  if (!entry) return;
  if (error instanceof BatchConflict) {
    entry.resolve({ status: 503, data: 'Too many conflicts with other requests, nothing was changed: try again' });
    return;
  }
  if (error instanceof RequestTooLarge) {
    entry.resolve({ status: 400, data: `Invalid request: ${error.message}` });
    return;
  }
  context.faulted(entry.item.command, error);
  entry.resolve({ status: 500, data: 'Storage failed' });
}

/** From this attempt on a batch that lost waits a moment: who it lost against is done by then. */
const PAUSE_FROM_ATTEMPT = 3;
const PAUSE_MS = { min: 5, max: 50 };

function pause(): Promise<void> {
  const ms = PAUSE_MS.min + Math.random() * (PAUSE_MS.max - PAUSE_MS.min);
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function transactWithRetries(entries: BatchEntry[], context: BatchContext): Promise<Reply[]> {
  const needs = new Needs();
  for (const { item } of entries) collectNeeds(item.command, needs);
  for (let attempt = 1; ; attempt++) {
    try {
      return await transact(entries, needs, context);
    } catch (error) {
      if (error instanceof Repeat) {
        error.more.forEach((more) => more.announce(needs));
        context.repeated();
        continue;
      }
      if (!(error instanceof BatchConflict) || attempt >= MAX_ATTEMPTS) throw error;
      context.conflicted(attempt);
      if (attempt >= PAUSE_FROM_ATTEMPT) await pause();
    }
  }
}

/** The batch runs again with more rows. Ends, as each time it names some that it did not name before. */
class Repeat extends Error {
  readonly more: readonly MoreNeeded[];

  constructor(more: readonly MoreNeeded[]) {
    super('the batch is repeated with more rows');
    this.more = more;
  }
}

interface Decided {
  replies: Reply[];
  /** null: nothing to write. */
  changes: Changes | null;
  offer: Offer | null;
  now: number;
}

async function transact(entries: BatchEntry[], needs: Needs, context: BatchContext): Promise<Reply[]> {
  let decided: Decided | null = null;
  try {
    await context.dialect.transact(needs, (loaded, now) => {
      decided?.offer?.cancel();
      context.clocked(now);
      decided = decideAll(entries, needs, loaded, now, context);
      return decided.changes;
    });
  } catch (error) {
    (decided as Decided | null)?.offer?.cancel();
    throw error;
  }
  const result = decided as unknown as Decided;
  afterCommit(entries, result, context);
  return result.replies;
}

/** Whatever goes wrong from here on, the batch is committed: it must not be taken for one that failed. */
function afterCommit(entries: BatchEntry[], { changes, offer, now }: Decided, context: BatchContext): void {
  for (const step of [() => offer?.send(), () => changes && context.committed(changes, now)]) {
    try {
      step();
    } catch (error) {
      if (entries[0]) context.faulted(entries[0].item.command, error);
    }
  }
}

function decideAll(entries: BatchEntry[], needs: Needs, loaded: Loaded, now: number, context: BatchContext): Decided {
  if (isTorn(needs, loaded)) throw new BatchConflict('a promise was created while the batch was loaded');
  const ws = new WorkingSet(needs, loaded);
  const more: MoreNeeded[] = [];
  const replies = entries.map(({ item }) => decide(ws, item, now, more, context));
  if (more.length > 0) throw new Repeat(more);
  const changes = ws.changes();
  if (isEmpty(changes)) return { replies, changes: null, offer: null, now };
  return { replies, changes, offer: context.offer(changes, ws, now), now };
}

/**
 * A row that is not there can't be locked: another process may create a promise between the statement that looks for
 * it and the one that looks for its task. A task without its promise, when both were looked for, shows that.
 */
function isTorn(needs: Needs, { promises, tasks }: Loaded): boolean {
  const found = new Set(promises.map(({ id }) => id));
  return tasks.some(({ id }) => needs.promises.has(id) && !found.has(id));
}

/** One request on the working set; when it throws, it alone is undone. */
function decide(ws: WorkingSet, item: Submitted, now: number, more: MoreNeeded[], context: BatchContext): Reply {
  const mark = ws.mark();
  try {
    const { retryTimeoutMs } = context;
    return perform(ws, item.command, { now: item.debugNow ?? now, instantAt: item.instantAt, retryTimeoutMs });
  } catch (error) {
    ws.rewind(mark);
    if (error instanceof MoreNeeded) {
      more.push(error);
      item.instantAt ??= error.instantAt;
    } else context.faulted(item.command, error);
    return FAULT;
  }
}

function isEmpty(changes: Changes): boolean {
  return Object.values(changes).every(
    ({ inserts, updates, deletes }) => inserts.length + updates.length + deletes.length === 0,
  );
}
