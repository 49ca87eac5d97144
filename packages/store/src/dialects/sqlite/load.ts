import { TAG } from '@resonate/protocol';
import type { Database, Steps } from '@resonate/drivers/sqlite';
import type { Loaded, Needs, PreloadBound } from '@resonate/machine';
import type { Table } from '../../sql/table.ts';
import { CALLBACKS, CALLS, LISTENERS, PROMISES, SCHEDULES, TASKS } from '../../tables.ts';
import { branchColumns, rowLimit, takeBranches, wantedBranches } from '../branches.ts';
import { decodeShared, sharedList, shareOf } from '../shares.ts';
import { WORDS } from './words.ts';

/** One step reads 500 promises in 3 to 5 ms. */
const KEYS_OF_STEP = 500;

/**
 * Prepares the statements that load the rows of a batch. One statement loads all promises: 2.2 us each, and 3.6 us with one
 * statement for each (32 promises). SQLite has one writer, so the transaction itself is the lock. Statements that can find
 * nothing, by the rows already loaded, are left out: a task without resumes has no ready callbacks, and a promise without a
 * branch has nothing to preload.
 */
export function loader(database: Database): (needs: Needs) => Steps<Loaded> {
  const find = {
    promises: sharedFinder(database, PROMISES),
    tasks: finder(database, TASKS, 't.id = wanted.value'),
    schedules: sharedFinder(database, SCHEDULES),
    callbacks: finderByKey(database, CALLBACKS),
    callbacksOn: finder(database, CALLBACKS, 't.awaited = wanted.value'),
    callbacksOf: finder(database, CALLBACKS, 't.awaiter = wanted.value'),
    readyCallbacksOf: finder(database, CALLBACKS, 't.awaiter = wanted.value AND t.ready = 1'),
    calls: finderByKey(database, CALLS),
    listeners: finderByKey(database, LISTENERS),
    listenersOn: finder(database, LISTENERS, 't.awaited = wanted.value'),
    branch: branchFinder(database),
  };
  return function* (needs) {
    const settled = [...needs.settlements];
    const named = [...needs.promises];
    const promises = areFew(named)
      ? find.promises(named, needs)
      : yield* inSteps(named, (part) => find.promises(part, needs));
    const on = find.callbacksOn(settled);
    const ids = [...new Set([...needs.tasks, ...on.map(({ awaiter }) => awaiter)])];
    const tasks = areFew(ids) ? find.tasks(ids) : yield* inSteps(ids, find.tasks);
    const resumed = tasks.filter(({ id, resumes }) => resumes > 0 && needs.resumed.has(id));
    const pairs = Array.from(needs.callbacks.values(), ({ awaited, awaiter }) => [awaited, awaiter]);
    const callbacks = [
      ...(areFew(pairs) ? find.callbacks(pairs) : yield* inSteps(pairs, find.callbacks)),
      ...on,
      ...find.callbacksOf(settled),
      ...find.readyCallbacksOf(resumed.map(({ id }) => id)),
    ];
    const calls = find.calls(Array.from(needs.calls.values(), ({ called, caller }) => [called, caller]));
    const listeners = [
      ...find.listeners(Array.from(needs.listeners.values(), ({ awaited, address }) => [awaited, address])),
      ...find.listenersOn(settled),
    ];
    const schedules = find.schedules([...needs.schedules], needs);
    const loaded: Loaded = {
      promises,
      tasks,
      callbacks,
      calls,
      listeners,
      schedules,
      branches: [],
      cutBranches: [],
      cutFences: [],
    };
    for (const wanted of wantedBranches(needs)) {
      for (const branch of branchesOf(wanted.names, wanted.ofPromises, promises)) {
        takeBranches(loaded, find.branch(branch, wanted.bound), wanted);
      }
    }
    return loaded;
  };
}

function branchesOf(
  names: ReadonlySet<string>,
  ofPromises: ReadonlySet<string>,
  promises: Loaded['promises'],
): Set<string> {
  const branches = new Set(names);
  for (const { id, tags } of promises) {
    const branch = ofPromises.has(id) ? tags[TAG.branch] : undefined;
    if (branch !== undefined) branches.add(branch);
  }
  return branches;
}

/** Finds the rows with these keys. */
function finderByKey<Row>(database: Database, table: Table<Row>) {
  const statement = database.prepare<[string], unknown[]>(WORDS.rowsWithKeys(table, []).sql).raw(true);
  return (keys: readonly (readonly string[])[]): Row[] =>
    keys.length === 0 ? [] : table.decodeAll(statement.all(JSON.stringify(keys)));
}

/** Finds, for each id (`wanted.value`), the rows that meet the condition. */
function finder<Row>(database: Database, table: Table<Row>, isWanted: string) {
  // CROSS JOIN makes SQLite look up each id in the table. Otherwise it might read the table and search the ids.
  const sql = `SELECT ${table.list('t')} FROM json_each(?) AS wanted CROSS JOIN ${table.name} AS t ON ${isWanted}`;
  const statement = database.prepare<[string], unknown[]>(sql).raw(true);
  return (ids: readonly string[]): Row[] =>
    ids.length === 0 ? [] : table.decodeAll(statement.all(JSON.stringify(ids)));
}

/** Finds the rows of a batch that may be large. @throws TooMuchAtOnce */
function sharedFinder<Row>(database: Database, table: Table<Row>) {
  const whole = finder(database, table, 't.id = wanted.value');
  const list = sharedList(table, '@share');
  const sql = `SELECT ${list} FROM json_each(@ids) AS wanted CROSS JOIN ${table.name} AS t ON t.id = wanted.value`;
  const bounded = database.prepare<[{ share: number; ids: string }], unknown[]>(sql).raw(true);
  return (ids: readonly string[], needs: Needs): Row[] => {
    const share = shareOf(needs);
    if (share === Number.MAX_SAFE_INTEGER) return whole(ids);
    return ids.length === 0 ? [] : decodeShared(table, bounded.all({ share, ids: JSON.stringify(ids) }));
  };
}

/** True if one step can look up all of these keys. Then no generator is created for them: generators took 1.4 us of a small load. */
function areFew(keys: readonly unknown[]): boolean {
  return keys.length <= KEYS_OF_STEP;
}

/** Finds the rows for a part of the keys in each step. */
function* inSteps<Key, Row>(keys: readonly Key[], find: (keys: readonly Key[]) => Row[]): Steps<Row[]> {
  const rows: Row[] = [];
  for (let from = 0; from < keys.length; from += KEYS_OF_STEP) {
    for (const row of find(keys.slice(from, from + KEYS_OF_STEP))) rows.push(row);
    yield;
  }
  return rows;
}

/** The rows of a branch within a bound, and the first one beyond it. */
type BranchFinder = (branch: string, bound: PreloadBound) => unknown[][];

/**
 * Reads along the branch until the bytes are used up. The data of a row that alone exceeds the bound is not read, because
 * SQLite knows the length of a text without reading it. So at most twice the bound is read.
 */
function branchFinder(database: Database): BranchFinder {
  const bytes = PROMISES.bytes('p');
  // `IN (?)` instead of `= ?`, and `WORDS.limit`: with ORDER BY, SQLite plans again for each value (90 us instead of 23).
  const statement = database
    .prepare<[number, number, number, string, number], unknown[]>(
      `SELECT ${branchColumns(`${bytes} <= ?`)}, ${bytes} FROM promises AS p
      WHERE branch IN (?) ORDER BY id LIMIT ${WORDS.limit}`,
    )
    .raw(true);
  return (branch, bound) => {
    const rows: unknown[][] = [];
    let left = bound.bytes;
    for (const values of statement.iterate(bound.bytes, bound.bytes, bound.bytes, branch, rowLimit(bound))) {
      left -= Number(values.pop());
      rows.push(left < 0 ? PROMISES.withoutJson(values) : values);
      if (left < 0) break;
    }
    return rows;
  };
}
