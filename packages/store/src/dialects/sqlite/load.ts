import type Database from 'better-sqlite3';
import type { Loaded, Needs } from '@resonate/machine';
import { CALLBACKS, columnList, LISTENERS, PROMISES, SCHEDULES, TASKS, type Table } from '../../tables.ts';
import { PRELOAD_LIMIT } from '../limits.ts';

type Find = (...params: string[]) => void;

/** Loads what a batch needs. SQLite has one writer, so the transaction itself is the lock. */
export class Loader {
  readonly #promises: Finder<Loaded['promises'][number]>;
  readonly #tasks: Finder<Loaded['tasks'][number]>;
  readonly #schedules: Finder<Loaded['schedules'][number]>;
  readonly #callback: Finder<Loaded['callbacks'][number]>;
  readonly #callbacksOn: Finder<Loaded['callbacks'][number]>;
  readonly #callbacksOf: Finder<Loaded['callbacks'][number]>;
  readonly #readyCallbacksOf: Finder<Loaded['callbacks'][number]>;
  readonly #listener: Finder<Loaded['listeners'][number]>;
  readonly #listenersOn: Finder<Loaded['listeners'][number]>;
  readonly #branch: Finder<Loaded['branches'][number]>;
  readonly #branchOf: Finder<Loaded['branches'][number]>;

  constructor(database: Database.Database) {
    this.#promises = finder(database, PROMISES, 'id = ?');
    this.#tasks = finder(database, TASKS, 'id = ?');
    this.#schedules = finder(database, SCHEDULES, 'id = ?');
    this.#callback = finder(database, CALLBACKS, 'awaited = ? AND awaiter = ?');
    this.#callbacksOn = finder(database, CALLBACKS, 'awaited = ?');
    this.#callbacksOf = finder(database, CALLBACKS, 'awaiter = ?');
    this.#readyCallbacksOf = finder(database, CALLBACKS, 'awaiter = ? AND ready = 1');
    this.#listener = finder(database, LISTENERS, 'awaited = ? AND address = ?');
    this.#listenersOn = finder(database, LISTENERS, 'awaited = ?');
    this.#branch = finder(database, PROMISES, `branch = ? ORDER BY id LIMIT ${PRELOAD_LIMIT}`);
    const ownBranch = '(SELECT branch FROM promises WHERE id = ?)';
    this.#branchOf = finder(database, PROMISES, `branch = ${ownBranch} ORDER BY id LIMIT ${PRELOAD_LIMIT}`);
  }

  load(needs: Needs): Loaded {
    const loaded: Loaded = { promises: [], tasks: [], callbacks: [], listeners: [], schedules: [], branches: [] };
    each(needs.promises, this.#promises.into(loaded.promises));
    for (const { awaited, awaiter } of needs.callbacks.values())
      this.#callback.into(loaded.callbacks)(awaited, awaiter);
    for (const { awaited, address } of needs.listeners.values())
      this.#listener.into(loaded.listeners)(awaited, address);
    each(needs.resumed, this.#readyCallbacksOf.into(loaded.callbacks));
    each(needs.settlements, this.#callbacksOn.into(loaded.callbacks));
    const tasks = new Set(needs.tasks);
    for (const callback of loaded.callbacks) tasks.add(callback.awaiter);
    each(needs.settlements, this.#callbacksOf.into(loaded.callbacks));
    each(needs.settlements, this.#listenersOn.into(loaded.listeners));
    each(tasks, this.#tasks.into(loaded.tasks));
    each(needs.schedules, this.#schedules.into(loaded.schedules));
    each(needs.branches, this.#branch.into(loaded.branches));
    each(needs.preloads, this.#branchOf.into(loaded.branches));
    return loaded;
  }
}

interface Finder<Row> {
  into(rows: Row[]): Find;
}

function finder<Row>(database: Database.Database, table: Table<Row>, where: string): Finder<Row> {
  const statement = database.prepare(`SELECT ${columnList(table)} FROM ${table.name} WHERE ${where}`).raw(true);
  return {
    into:
      (rows) =>
      (...params) => {
        for (const values of statement.iterate(...params)) rows.push(table.decode(values as unknown[]));
      },
  };
}

function each(ids: Iterable<string>, find: Find): void {
  for (const id of ids) find(id);
}
