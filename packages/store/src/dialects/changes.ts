import type { SqlValue } from '@resonate/drivers';
import type { Changes, RowChanges } from '@resonate/machine';
import type { Column, Table, TableShape } from '../sql/table.ts';
import { CALLBACKS, CALLS, LISTENERS, PROMISE_TAGS, PROMISES, SCHEDULES, tagRows, TASKS } from '../tables.ts';

/** What happens to some rows of a table. */
export interface Write {
  sort: 'insert' | 'update' | 'delete';
  table: TableShape;
  /** For an insert all columns, for an update the key and the mutable columns, for a delete the key. */
  columns: readonly Column[];
  /** Each with the values of `columns`. */
  rows: SqlValue[][];
}

const NONE: RowChanges<never> = { inserts: [], updates: [], deletes: [] };

/**
 * What a batch changed, in the order in which it is written: inserts first, and rows by key. So batches that create the same
 * rows wait for each other in the same order.
 */
export function writesOf(changes: Partial<Changes>): Write[] {
  const { promises = NONE, tasks = NONE, callbacks = NONE, calls = NONE, listeners = NONE, schedules = NONE } = changes;
  const writes: Write[] = [];
  const insert = <Row>(table: Table<Row>, rows: readonly Row[]) => {
    if (rows.length === 0) return;
    const values = sorted(table, rows).map((row) => table.valuesOf(row));
    writes.push({ sort: 'insert', table, columns: table.columns, rows: values });
  };
  const change = <Row>(table: Table<Row>, { updates, deletes }: RowChanges<Row>) => {
    if (updates.length > 0) {
      const rows = sorted(table, updates).map((row) => [...table.keyOf(row), ...table.mutableValuesOf(row)]);
      writes.push({ sort: 'update', table, columns: [...table.keyColumns, ...table.mutableColumns], rows });
    }
    if (deletes.length > 0) {
      const rows = sorted(table, deletes).map((row) => table.keyOf(row));
      writes.push({ sort: 'delete', table, columns: table.keyColumns, rows });
    }
  };
  insert(PROMISES, promises.inserts);
  insert(PROMISE_TAGS, promises.inserts.flatMap(tagRows));
  insert(TASKS, tasks.inserts);
  insert(CALLBACKS, callbacks.inserts);
  insert(CALLS, calls.inserts);
  insert(LISTENERS, listeners.inserts);
  insert(SCHEDULES, schedules.inserts);
  change(PROMISES, promises);
  change(TASKS, tasks);
  change(CALLBACKS, callbacks);
  change(LISTENERS, listeners);
  change(SCHEDULES, schedules);
  return writes;
}

/** Rows in the order of their keys, each key once: two long tag names may be equal in their indexed beginnings. */
function sorted<Row>(table: Table<Row>, rows: readonly Row[]): readonly Row[] {
  if (rows.length === 1) return rows;
  const byKey = new Map(rows.map((row) => [table.keyOf(row).join('\0'), row]));
  return [...byKey].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, row]) => row);
}
