import { LRUCache } from 'lru-cache';

export const TIMER_SORTS = ['promises', 'leases', 'schedules'] as const;
export type TimerSort = (typeof TIMER_SORTS)[number];

interface Failing {
  /** When the timer that failed was due. A failure does not change that, so a timer with another due time is a new one. */
  at: number;
  failures: number;
  retryAt: number;
}

export interface TimerKey {
  sort: TimerSort;
  id: string;
  /** When it is due, epoch ms. */
  at: number;
}

/** The wait after the first failure. It doubles with each further one, up to `most`. */
const RETRY_MS = { first: 1_000, most: 300_000 };
/** How many failing timers of one sort are remembered. Beyond this, the one that failed longest ago is forgotten. */
const MAX_FAILING = 10_000;

/**
 * Timers that could not be fired wait longer after each failure, so that they do not take the places of others in a round.
 * Kept in memory: a scheduler that takes over tries each of them once.
 */
export class TimerBackoff {
  readonly #failing = {
    promises: new LRUCache<string, Failing>({ max: MAX_FAILING }),
    leases: new LRUCache<string, Failing>({ max: MAX_FAILING }),
    schedules: new LRUCache<string, Failing>({ max: MAX_FAILING }),
  };

  /** How many timers are failing. */
  get size(): number {
    return Object.values(this.#failing).reduce((sum, failing) => sum + failing.size, 0);
  }

  /** The number of failing timers of the sort that has most of them. */
  get most(): number {
    return Math.max(...Object.values(this.#failing).map((failing) => failing.size));
  }

  isHeld({ sort, id, at }: TimerKey, now: number): boolean {
    const failing = this.#failing[sort].peek(id);
    return failing !== undefined && failing.at === at && failing.retryAt > now;
  }

  failed({ sort, id, at }: TimerKey, now: number): void {
    const before = this.#failing[sort].peek(id);
    const failures = before?.at === at ? before.failures + 1 : 1;
    const ms = Math.min(RETRY_MS.first * 2 ** (failures - 1), RETRY_MS.most);
    this.#failing[sort].set(id, { at, failures, retryAt: now + ms });
  }

  succeeded(sort: TimerSort, id: string): void {
    this.#failing[sort].delete(id);
  }

  /** Forgets timers of a sort whose wait is over and that are not in `due`: they were settled or deleted meanwhile. */
  keepOnly(sort: TimerSort, due: ReadonlySet<string>, now: number): void {
    const failing = this.#failing[sort];
    for (const [id, { retryAt }] of [...failing.entries()]) {
      if (retryAt <= now && !due.has(id)) failing.delete(id);
    }
  }

  /** When the next failing timer is tried again, epoch ms; null if there is none. */
  get nextAt(): number | null {
    let next = Infinity;
    for (const failing of Object.values(this.#failing)) {
      for (const { retryAt } of failing.values()) next = Math.min(next, retryAt);
    }
    return next === Infinity ? null : next;
  }
}
