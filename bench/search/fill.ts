import { Needs } from '@resonate/machine';
import type { Dialect } from '@resonate/store';
import { created } from '../created.ts';
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
    const tasks = promises.flatMap((promise, index) => taskOf(promise, first + index) ?? []);
    const changes = created(promises, tasks);
    await dialect.transact(new Needs(), () => ({ changes, result: null }));
  }
}
