import type { Delivery } from '@resonate/store';
import { LRUCache } from 'lru-cache';

/** The number of tasks whose last worker is remembered. They take about 2 MB. */
const MAX_TASKS = 10_000;

/**
 * The worker that each task was last sent to. If a task is sent again although no promise that it awaits has settled,
 * its worker released it, ignored it or died. The next attempt then goes to another worker of the group, because the
 * last one may not know the function, or may hang.
 */
export class LastWorkers {
  readonly #workers = new LRUCache<string, string>({ max: MAX_TASKS });

  /** The id of the worker that gets the task only if no other can; null: any worker may get it. */
  avoids(delivery: Delivery): string | null {
    if (delivery.kind === 'unblock' || delivery.task.resumes > 0) return null;
    return this.#workers.get(delivery.task.id) ?? null;
  }

  sent(delivery: Delivery, worker: string): void {
    if (delivery.kind === 'execute') this.#workers.set(delivery.task.id, worker);
  }
}
