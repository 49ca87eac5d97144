import type { Rows } from '@resonate/drivers';
import { emptyLoaded, type Loaded, type Needs } from '@resonate/machine';
import { int, text } from '../../sql/read.ts';
import type { Statement } from '../../sql/statement.ts';
import type { Table } from '../../sql/table.ts';
import type { Words } from '../../sql/words.ts';
import { CALLBACKS, CALLS, LISTENERS, PROMISES, SCHEDULES, TASKS } from '../../tables.ts';
import { takeBranches, wantedBranches, type WantedBranches } from '../branches.ts';
import { decodeShared, shareOf } from '../shares.ts';
import type { Reading, Seen } from './remembered-entry.ts';

/** The statements that load a batch's rows. With `locking` each locks its rows in the order of their keys. */
export interface LoadSql<Query> {
  /** @param share rows with more bytes come without their data (`sharedList`). */
  promises(ids: ReadonlySet<string>, share: number, locking: boolean): Query;
  schedules(ids: ReadonlySet<string>, share: number, locking: boolean): Query;
  /**
   * The named tasks and the awaiters of the settlements, in one statement, because two statements would lock in no common
   * order. It runs after the promises are locked, so no awaiter can be added any more.
   */
  tasks(ids: ReadonlySet<string>, settlements: ReadonlySet<string>, locking: boolean): Query;
  /** Callbacks in which one of these promises is awaited or awaiter, and the ready ones of resumed tasks. */
  callbacks(settlements: ReadonlySet<string>, resumed: ReadonlySet<string>): Query;
  listeners(settlements: ReadonlySet<string>): Query;
  /** Rows of `branchColumns`. */
  branches(wanted: WantedBranches): Query;
}

/** What it takes to build these statements. */
interface LoadingSql<Query> {
  readonly load: LoadSql<Query>;
  readonly words: Words;
  query(statement: Statement): Query;
}

/** A statement and where its rows go. */
export interface Fetch<Query> {
  query: Query;
  /** Set if its rows have versions (`ServerSql.unchanged`). */
  of?: 'promises' | 'tasks';
  into(loaded: Loaded, rows: Rows): void;
}

/** The statements that fetch what a batch needs, in the order in which rows are locked (docs/locking.md). */
export function fetchesOf<Query>(
  { load: sql, query: queryOf, words }: LoadingSql<Query>,
  needs: Needs,
  locking: boolean,
): Fetch<Query>[] {
  const { promises, tasks, schedules, settlements, resumed, callbacks, calls, listeners } = needs;
  const fetches: Fetch<Query>[] = [];
  const add = (isNeeded: boolean, query: () => Query, into: Fetch<Query>['into'], of?: Fetch<Query>['of']) => {
    if (isNeeded) fetches.push({ query: query(), into, ...(of && { of }) });
  };
  const withKeys = <Row>(table: Table<Row>, rows: readonly (readonly string[])[]) =>
    queryOf(words.rowsWithKeys(table, rows));
  // Not by push(...): a promise may have more callbacks than a call may have arguments.
  const toCallbacks = (loaded: Loaded, rows: Rows) =>
    (loaded.callbacks = loaded.callbacks.concat(CALLBACKS.decodeAll(rows)));
  const toListeners = (loaded: Loaded, rows: Rows) =>
    (loaded.listeners = loaded.listeners.concat(LISTENERS.decodeAll(rows)));
  add(
    promises.size > 0,
    () => sql.promises(promises, shareOf(needs), locking),
    (loaded, rows) => (loaded.promises = decodeShared(PROMISES, rows)),
    'promises',
  );
  add(
    tasks.size + settlements.size > 0,
    () => sql.tasks(tasks, settlements, locking),
    (loaded, rows) => (loaded.tasks = TASKS.decodeAll(rows)),
    'tasks',
  );
  add(
    schedules.size > 0,
    () => sql.schedules(schedules, shareOf(needs), locking),
    (loaded, rows) => (loaded.schedules = decodeShared(SCHEDULES, rows)),
  );
  add(settlements.size + resumed.size > 0, () => sql.callbacks(settlements, resumed), toCallbacks);
  const pairs = Array.from(callbacks.values(), ({ awaited, awaiter }) => [awaited, awaiter]);
  add(callbacks.size > 0, () => withKeys(CALLBACKS, pairs), toCallbacks);
  const called = Array.from(calls.values(), ({ called, caller }) => [called, caller]);
  add(
    calls.size > 0,
    () => withKeys(CALLS, called),
    (loaded, rows) => (loaded.calls = CALLS.decodeAll(rows)),
  );
  add(settlements.size > 0, () => sql.listeners(settlements), toListeners);
  const keys = Array.from(listeners.values(), ({ awaited, address }) => [awaited, address]);
  add(listeners.size > 0, () => withKeys(LISTENERS, keys), toListeners);
  for (const wanted of wantedBranches(needs)) {
    fetches.push({ query: sql.branches(wanted), into: toBranches(wanted) });
  }
  return fetches;
}

function toBranches(wanted: WantedBranches): Fetch<never>['into'] {
  return (loaded, rows) => takeBranches(loaded, rows, wanted);
}

/** The loaded rows and the clock. @param results the rows of each fetch, then those of the clock. */
export function loadedFrom(
  fetches: readonly Fetch<unknown>[],
  results: readonly Rows[],
): { loaded: Loaded; now: number } {
  const loaded = emptyLoaded();
  fetches.forEach(({ into }, index) => into(loaded, results[index] ?? []));
  return { loaded, now: int(results[fetches.length]?.[0]?.[0]) };
}

/** The versions of the loaded rows: the last column, on a server that has them. */
export function versionsOf(fetches: readonly Fetch<unknown>[], results: readonly Rows[]): Seen['versions'] {
  const versions: Record<'promises' | 'tasks', string[]> = { promises: [], tasks: [] };
  fetches.forEach(({ of }, index) => {
    if (of) versions[of] = (results[index] ?? []).map((row) => text(row.at(-1)));
  });
  return versions;
}

/** @param rows what `ServerSql.clock` selects. @param at when it was answered, by `performance.now()`. */
export function readingOf(rows: Rows | undefined, at: number): Reading {
  const [now, server] = rows?.[0] ?? [];
  return { now: int(now), server: text(server), at };
}
