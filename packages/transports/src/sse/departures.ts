/** How many workers that left are remembered, and for how long. */
const MAX_REMEMBERED = 1_000;
const FOR_MS = 3_600_000;

export interface Departed {
  group: string;
  /** The number of workers (by id) that left within the last hour and have not returned. */
  count: number;
  /** How long ago the last of them left. */
  agoMs: number;
}

/**
 * Remembers the workers whose connections closed within the last hour. It helps to explain why nobody acquires a task.
 */
export class Departures {
  /** By group and id, the earliest first. */
  readonly #left = new Map<string, { group: string; at: number }>();
  readonly #now: () => number;

  /** @param now ms, from a monotonic clock. */
  constructor(now = () => performance.now()) {
    this.#now = now;
  }

  left(group: string, id: string): void {
    const key = keyOf(group, id);
    this.#left.delete(key);
    this.#left.set(key, { group, at: this.#now() });
    const [oldest] = this.#left.keys();
    if (this.#left.size > MAX_REMEMBERED && oldest !== undefined) this.#left.delete(oldest);
  }

  /** Call it when a worker has connected again. */
  back(group: string, id: string): void {
    this.#left.delete(keyOf(group, id));
  }

  /** Groups that workers left, latest first. */
  groups(): Departed[] {
    const now = this.#now();
    const groups = new Map<string, Departed>();
    for (const [key, { group, at }] of [...this.#left].reverse()) {
      if (now - at > FOR_MS) {
        this.#left.delete(key);
        continue;
      }
      const known = groups.get(group);
      if (known) known.count++;
      else groups.set(group, { group, count: 1, agoMs: Math.round(now - at) });
    }
    return [...groups.values()];
  }
}

function keyOf(group: string, id: string): string {
  return JSON.stringify([group, id]);
}
