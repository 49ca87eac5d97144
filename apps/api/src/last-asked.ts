import type { Delivery } from '@resonate/store';
import { LRUCache } from 'lru-cache';

/** Tasks whose last worker is remembered, about 2 MB. */
const MAX_TASKS = 10_000;

/**
 * Which worker each task was last sent to. A task that comes again although nothing it waited for has settled was given
 * back, ignored, or lost with its worker: another worker of the group is asked first, as this one may not know the
 * function, or may hang.
 */
export class LastAsked {
  readonly #workers = new LRUCache<string, string>({ max: MAX_TASKS });

  /** The id of the worker to ask last; null: any may be asked. */
  avoids(delivery: Delivery): string | null {
    if (delivery.kind === 'unblock' || delivery.task.resumes > 0) return null;
    return this.#workers.get(delivery.task.id) ?? null;
  }

  sent(delivery: Delivery, worker: string): void {
    if (delivery.kind === 'execute') this.#workers.set(delivery.task.id, worker);
  }
}
