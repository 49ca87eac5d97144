import type { Changes, PromiseRow, RowChanges, TaskRow } from '@resonate/machine';

/** The changes that create these promises and tasks, and nothing else. */
export function created(promises: PromiseRow[], tasks: TaskRow[]): Changes {
  return {
    promises: inserts(promises),
    tasks: inserts(tasks),
    callbacks: inserts([]),
    calls: inserts([]),
    listeners: inserts([]),
    schedules: inserts([]),
  };
}

function inserts<Row>(rows: Row[]): RowChanges<Row> {
  return { inserts: rows, updates: [], deletes: [] };
}
