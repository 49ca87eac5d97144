import { TAG } from '@resonate/protocol';
import { MoreNeeded } from './more-needed.ts';
import type { Needs } from './needs.ts';
import {
  pairKey,
  type CallbackRow,
  type CallRow,
  type ListenerRow,
  type PromiseRow,
  type ScheduleRow,
  type TaskRow,
} from './rows.ts';
import { RowTable, type RowChanges } from './row-table.ts';

/** The rows that the store found for a batch's `Needs`. */
export interface Loaded {
  promises: PromiseRow[];
  tasks: TaskRow[];
  callbacks: CallbackRow[];
  calls: CallRow[];
  listeners: ListenerRow[];
  schedules: ScheduleRow[];
  /** Promises of the wanted branches, in the order of their ids: answered as `preload`, never changed. */
  branches: PromiseRow[];
  /** Wanted branches of which only the first promises are loaded, because of a bound. */
  cutBranches: string[];
  /** Branches of `Needs.fenced` that exceed `FENCE_PRELOAD`. The same branch may be loaded further for a preload. */
  cutFences: string[];
}

export function emptyLoaded(): Loaded {
  return {
    promises: [],
    tasks: [],
    callbacks: [],
    calls: [],
    listeners: [],
    schedules: [],
    branches: [],
    cutBranches: [],
    cutFences: [],
  };
}

/** The changes of a batch, by table. */
export interface Changes {
  promises: RowChanges<PromiseRow>;
  tasks: RowChanges<TaskRow>;
  callbacks: RowChanges<CallbackRow>;
  /** Only inserts. */
  calls: RowChanges<CallRow>;
  listeners: RowChanges<ListenerRow>;
  schedules: RowChanges<ScheduleRow>;
}

export interface Mark {
  readonly marks: readonly number[];
}

const NOTHING: ReadonlySet<string> = new Set();

/**
 * All rows that a batch may touch, in memory. Operations run on it one after another and see each other's effects. If one
 * fails, only its own changes are undone (`mark`, `rewind`).
 */
export class WorkingSet {
  readonly promises = new RowTable<PromiseRow>('promises', (row) => row.id);
  readonly tasks = new RowTable<TaskRow>('tasks', (row) => row.id);
  readonly callbacks = new RowTable<CallbackRow>('callbacks', (row) => pairKey(row.awaited, row.awaiter));
  readonly calls = new RowTable<CallRow>('calls', (row) => pairKey(row.called, row.caller));
  readonly listeners = new RowTable<ListenerRow>('listeners', (row) => pairKey(row.awaited, row.address));
  readonly schedules = new RowTable<ScheduleRow>('schedules', (row) => row.id);

  readonly #tables = [this.promises, this.tasks, this.callbacks, this.calls, this.listeners, this.schedules] as const;
  readonly #needs: Needs;
  /** Keys of callbacks, only for the promises that `callbacksOn` and `callbacksOf` may be asked for. */
  readonly #byAwaited = new Map<string, Set<string>>();
  readonly #byAwaiter = new Map<string, Set<string>>();
  readonly #listenersOf = new Map<string, Set<string>>();
  readonly #branches = new Map<string, Map<string, PromiseRow | null>>();
  /** Branches that were loaded up to `PRELOAD`. */
  readonly #loadedBranches: Set<string>;
  /** Branches that were loaded up to `FENCE_PRELOAD` or further. */
  readonly #fencedBranches = new Set<string>();
  /** Branches of `#loadedBranches` that have more promises than were loaded. */
  readonly #cutBranches: Set<string>;
  /** Branches of `#fencedBranches` that exceed `FENCE_PRELOAD`. */
  readonly #cutFences: Set<string>;

  constructor(needs: Needs, loaded: Loaded) {
    this.#needs = needs;
    for (const id of needs.promises) this.promises.expect(id);
    for (const id of needs.tasks) this.tasks.expect(id);
    for (const key of needs.callbacks.keys()) this.callbacks.expect(key);
    for (const key of needs.calls.keys()) this.calls.expect(key);
    for (const key of needs.listeners.keys()) this.listeners.expect(key);
    for (const id of needs.schedules) this.schedules.expect(id);
    for (const row of loaded.promises) this.promises.load(row);
    for (const row of loaded.tasks) this.tasks.load(row);
    for (const row of loaded.schedules) this.schedules.load(row);
    for (const row of loaded.callbacks) {
      this.callbacks.load(row);
      this.#index(row);
    }
    for (const row of loaded.calls) this.calls.load(row);
    for (const row of loaded.listeners) {
      this.listeners.load(row);
      this.#indexListener(row);
    }
    for (const row of loaded.branches) this.#joinBranch(row, row);
    this.#loadedBranches = new Set(needs.branches);
    this.#cutBranches = new Set(loaded.cutBranches);
    this.#cutFences = new Set(loaded.cutFences);
    for (const { id, tags } of loaded.promises) {
      const branch = tags[TAG.branch];
      if (branch === undefined) continue;
      if (needs.preloads.has(id)) this.#loadedBranches.add(branch);
      if (needs.fenced.has(id)) this.#fencedBranches.add(branch);
    }
  }

  /** True if all rows that a settlement of this promise touches are loaded. */
  settles(id: string): boolean {
    return this.#needs.settlements.has(id);
  }

  /** All callbacks on a promise. It must be one of `Needs.settlements`. */
  callbacksOn(awaited: string): CallbackRow[] {
    this.#checkNeeded('settlements', awaited);
    return this.#rowsOf(this.callbacks, this.#byAwaited.get(awaited));
  }

  /** The callbacks of an awaiter: all of them if it may settle, else at least those that are ready. */
  callbacksOf(awaiter: string): CallbackRow[] {
    if (!this.#needs.settlements.has(awaiter)) this.#checkNeeded('resumed', awaiter);
    return this.#rowsOf(this.callbacks, this.#byAwaiter.get(awaiter));
  }

  listenersOn(awaited: string): ListenerRow[] {
    this.#checkNeeded('settlements', awaited);
    return this.#rowsOf(this.listeners, this.#listenersOf.get(awaited));
  }

  putCallback(row: CallbackRow): void {
    this.callbacks.put(row);
    this.#index(row);
  }

  removeCallback(row: CallbackRow): void {
    this.callbacks.remove(pairKey(row.awaited, row.awaiter));
  }

  callback(awaited: string, awaiter: string): CallbackRow | null {
    return this.callbacks.get(pairKey(awaited, awaiter));
  }

  putListener(row: ListenerRow): void {
    this.listeners.put(row);
    this.#indexListener(row);
  }

  /** Inserts a new promise, also into its branch. */
  insertPromise(row: PromiseRow): void {
    this.promises.put(row);
    this.#joinBranch(row, null);
  }

  /**
   * The other promises of a promise's branch as they are now, as far as they are loaded; empty without a branch.
   * @throws MoreNeeded if this batch created the promise, so that its branch is not loaded.
   */
  branchOf(promise: PromiseRow): PromiseRow[] {
    const branch = promise.tags[TAG.branch];
    if (branch === undefined) return [];
    if (!this.#loadedBranches.has(branch)) throw new MoreNeeded({ branches: [branch] });
    return this.#othersOf(promise, branch);
  }

  /**
   * The other promises of a promise's branch; null if not all of them are loaded, because they exceed `FENCE_PRELOAD`.
   * @throws MoreNeeded as `branchOf` does.
   */
  wholeBranchOf(promise: PromiseRow): PromiseRow[] | null {
    const branch = promise.tags[TAG.branch];
    if (branch === undefined) return [];
    if (this.#loadedBranches.has(branch) || !this.#fencedBranches.has(branch)) {
      return this.#cutBranches.has(branch) ? null : this.branchOf(promise);
    }
    return this.#cutFences.has(branch) ? null : this.#othersOf(promise, branch);
  }

  /** True when the promise's branch has more promises than were loaded. */
  isBranchCut(promise: PromiseRow): boolean {
    return this.#cutBranches.has(promise.tags[TAG.branch] ?? '');
  }

  #othersOf(promise: PromiseRow, branch: string): PromiseRow[] {
    const rows: PromiseRow[] = [];
    for (const [id, stored] of this.#branches.get(branch) ?? []) {
      const row = this.promises.peek(id) ?? stored;
      // `row` is null if the creation was undone. The promise may also have been created again in another branch.
      if (id !== promise.id && row?.tags[TAG.branch] === branch) rows.push(row);
    }
    return rows;
  }

  mark(): Mark {
    return { marks: this.#tables.map((table) => table.mark) };
  }

  rewind({ marks }: Mark): void {
    this.#tables.forEach((table, index) => table.rewind(marks[index] ?? 0));
  }

  changes(): Changes {
    return {
      promises: this.promises.changes(),
      tasks: this.tasks.changes(),
      callbacks: this.callbacks.changes(),
      calls: this.calls.changes(),
      listeners: this.listeners.changes(),
      schedules: this.schedules.changes(),
    };
  }

  #index(row: CallbackRow): void {
    const { awaited, awaiter } = row;
    if (this.#needs.settlements.has(awaited)) addTo(this.#byAwaited, awaited, pairKey(awaited, awaiter));
    if (this.#isAwaiter(awaiter)) addTo(this.#byAwaiter, awaiter, pairKey(awaited, awaiter));
  }

  #isAwaiter(id: string): boolean {
    return this.#needs.settlements.has(id) || this.#needs.resumed.has(id);
  }

  #indexListener(row: ListenerRow): void {
    addTo(this.#listenersOf, row.awaited, pairKey(row.awaited, row.address));
  }

  /** `stored` is null for a promise that this batch created, so that undoing it removes it from the branch. */
  #joinBranch(row: PromiseRow, stored: PromiseRow | null): void {
    const branch = row.tags[TAG.branch];
    if (branch === undefined) return;
    const members = this.#branches.get(branch) ?? new Map<string, PromiseRow | null>();
    this.#branches.set(branch, members.set(row.id, stored));
  }

  #rowsOf<Row>(table: RowTable<Row>, keys: ReadonlySet<string> = NOTHING): Row[] {
    const rows: Row[] = [];
    for (const key of keys) {
      const row = table.peek(key);
      if (row !== null) rows.push(row);
    }
    return rows;
  }

  #checkNeeded(name: 'settlements' | 'resumed', id: string): void {
    if (!this.#needs[name].has(id)) throw new Error(`${JSON.stringify(id)} is not in Needs.${name}`);
  }
}

function addTo(index: Map<string, Set<string>>, name: string, key: string): void {
  const keys = index.get(name);
  if (keys) keys.add(key);
  else index.set(name, new Set([key]));
}
