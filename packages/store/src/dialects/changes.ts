import type { Changes, RowChanges } from '@resonate/machine';
import {
  CALLBACKS,
  keyColumns,
  LISTENERS,
  PROMISE_TAGS,
  PROMISES,
  SCHEDULES,
  tagRows,
  TASKS,
  type Table,
} from '../tables.ts';

/** What becomes of some rows of a table: one statement. */
export interface Write {
  sort: 'insert' | 'update' | 'delete';
  table: Table<unknown>;
  rows: readonly unknown[];
}

const NONE: RowChanges<never> = { inserts: [], updates: [], deletes: [] };

/**
 * What a batch changed, in the order it is written: inserts first, rows by key, so that batches which create the same rows
 * wait for one another in one order.
 */
export function writesOf(changes: Partial<Changes>): Write[] {
  const { promises = NONE, tasks = NONE, callbacks = NONE, listeners = NONE, schedules = NONE } = changes;
  const writes: Write[] = [];
  const add = <Row>(sort: Write['sort'], table: Table<Row>, rows: readonly Row[]) => {
    if (rows.length > 0) writes.push({ sort, table, rows: sorted(table, rows) });
  };
  const change = <Row>(table: Table<Row>, { updates, deletes }: RowChanges<Row>) => {
    add('update', table, updates);
    add('delete', table, deletes);
  };
  add('insert', PROMISES, promises.inserts);
  add('insert', PROMISE_TAGS, promises.inserts.flatMap(tagRows));
  add('insert', TASKS, tasks.inserts);
  add('insert', CALLBACKS, callbacks.inserts);
  add('insert', LISTENERS, listeners.inserts);
  add('insert', SCHEDULES, schedules.inserts);
  change(PROMISES, promises);
  change(TASKS, tasks);
  change(CALLBACKS, callbacks);
  change(LISTENERS, listeners);
  change(SCHEDULES, schedules);
  return writes;
}

/** Rows in the order of their keys, each key once: two tag names may be equal in what the index holds of them. */
function sorted<Row>(table: Table<Row>, rows: readonly Row[]): Row[] {
  const keys = keyColumns(table);
  const byKey = new Map(rows.map((row) => [keys.map((column) => column.of(row)).join('\0'), row]));
  if (byKey.size === 1) return [...byKey.values()];
  return [...byKey].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, row]) => row);
}
