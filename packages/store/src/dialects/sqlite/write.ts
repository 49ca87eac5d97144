import type Database from 'better-sqlite3';
import type { Changes, RowChanges } from '@resonate/machine';
import {
  CALLBACKS,
  columnList,
  keyColumns,
  LISTENERS,
  mutableColumns,
  PROMISE_TAGS,
  PROMISES,
  SCHEDULES,
  tagRows,
  TASKS,
  type Table,
} from '../../tables.ts';

/** Writes what a batch changed, row by row with prepared statements: there is no round trip to save. */
export class Writer {
  readonly #promises: TableWriter<Changes['promises']['inserts'][number]>;
  readonly #tags: ReturnType<typeof tagWriter>;
  readonly #tasks: TableWriter<Changes['tasks']['inserts'][number]>;
  readonly #callbacks: TableWriter<Changes['callbacks']['inserts'][number]>;
  readonly #listeners: TableWriter<Changes['listeners']['inserts'][number]>;
  readonly #schedules: TableWriter<Changes['schedules']['inserts'][number]>;

  constructor(database: Database.Database) {
    this.#promises = new TableWriter(database, PROMISES);
    this.#tags = tagWriter(database);
    this.#tasks = new TableWriter(database, TASKS);
    this.#callbacks = new TableWriter(database, CALLBACKS);
    this.#listeners = new TableWriter(database, LISTENERS);
    this.#schedules = new TableWriter(database, SCHEDULES);
  }

  write(changes: Changes): void {
    this.#promises.write(changes.promises);
    for (const promise of changes.promises.inserts) this.#tags(promise);
    this.#tasks.write(changes.tasks);
    this.#callbacks.write(changes.callbacks);
    this.#listeners.write(changes.listeners);
    this.#schedules.write(changes.schedules);
  }
}

class TableWriter<Row> {
  readonly #table: Table<Row>;
  readonly #insert: Database.Statement;
  readonly #update: Database.Statement;
  readonly #delete: Database.Statement;

  constructor(database: Database.Database, table: Table<Row>) {
    this.#table = table;
    const places = table.columns.map(() => '?').join(', ');
    const key = table.key.map((name) => `${name} = ?`).join(' AND ');
    const set = mutableColumns(table).map((column) => `${column.name} = ?`);
    this.#insert = database.prepare(`INSERT INTO ${table.name} (${columnList(table)}) VALUES (${places})`);
    this.#update = database.prepare(`UPDATE ${table.name} SET ${set.join(', ')} WHERE ${key}`);
    this.#delete = database.prepare(`DELETE FROM ${table.name} WHERE ${key}`);
  }

  write({ inserts, updates, deletes }: RowChanges<Row>): void {
    const { columns } = this.#table;
    const keys = keyColumns(this.#table);
    const mutable = mutableColumns(this.#table);
    for (const row of inserts) this.#insert.run(...columns.map((column) => column.of(row)));
    for (const row of updates) {
      this.#update.run(...mutable.map((column) => column.of(row)), ...keys.map((column) => column.of(row)));
    }
    for (const row of deletes) this.#delete.run(...keys.map((column) => column.of(row)));
  }
}

function tagWriter(database: Database.Database) {
  const places = PROMISE_TAGS.columns.map(() => '?').join(', ');
  // Two tag names may be equal in what the index holds of them.
  const insert = database.prepare(
    `INSERT OR IGNORE INTO promise_tags (${columnList(PROMISE_TAGS)}) VALUES (${places})`,
  );
  return (promise: Changes['promises']['inserts'][number]) => {
    for (const row of tagRows(promise)) insert.run(...PROMISE_TAGS.columns.map((column) => column.of(row)));
  };
}
