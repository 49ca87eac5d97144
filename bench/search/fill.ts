import { Needs, type Changes, type RowChanges } from '@resonate/machine';
import type { Dialect } from '@resonate/store';
import { promiseOf, taskOf } from './rows.ts';

/** This many rows fill half of a MariaDB packet (16 MiB by default). */
const ROWS_AT_ONCE = 5_000;

/** Writes `count` promises with their tags and tasks, as batches of the dialect. */
export async function fill(dialect: Dialect, count: number): Promise<void> {
  const now = Date.now();
  for (let first = 0; first < count; first += ROWS_AT_ONCE) {
    const promises = Array.from({ length: Math.min(ROWS_AT_ONCE, count - first) }, (_, index) =>
      promiseOf(first + index, now),
    );
    const changes: Changes = {
      promises: inserts(promises),
      tasks: inserts(promises.flatMap((promise, index) => taskOf(promise, first + index) ?? [])),
      callbacks: inserts([]),
      listeners: inserts([]),
      schedules: inserts([]),
    };
    await dialect.transact(new Needs(), () => ({ changes, result: null }));
  }
}

function inserts<Row>(rows: Row[]): RowChanges<Row> {
  return { inserts: rows, updates: [], deletes: [] };
}
