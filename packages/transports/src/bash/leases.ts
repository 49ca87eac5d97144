import type { Reply, Request, TaskRecord } from '@resonate/protocol';

/** Runs a request against the store. Never rejects: if the store fails, the reply is a 500 or 503. */
export type Execute = (request: Request) => Promise<Reply>;

export interface LeasesOptions {
  execute: Execute;
  /** The pid under which the tasks are acquired. */
  pid: string;
  ttlMs: number;
  /**
   * How long ending a script may take. If a lease cannot be renewed, its script is stopped this long before the lease
   * expires.
   */
  graceMs: number;
}

interface Held {
  id: string;
  version: number;
  /** From `performance.now()`, read before the request that renewed it was sent. */
  renewedAt: number;
  lost: (why: string) => void;
}

const SECOND = 1_000;

/**
 * Renews the leases of acquired tasks, and detects lost ones: the promise settled or timed out, the task was halted or
 * acquired by another worker, or the store cannot be reached before the lease ends.
 */
export class Leases {
  readonly #options: LeasesOptions;
  readonly #held = new Set<Held>();
  #asking = false;

  constructor(options: LeasesOptions) {
    this.#options = options;
  }

  /** How often to call `look`: every second, or more often if leases are short. */
  get everyMs(): number {
    return Math.max(1, Math.min(SECOND, Math.floor(this.#options.ttlMs / 6)));
  }

  /**
   * @param acquiredAt from `performance.now()`, read before the task was requested.
   * @param lost called at most once.
   * @returns a function that ends the renewals.
   */
  hold({ id, version }: TaskRecord, acquiredAt: number, lost: (why: string) => void): () => void {
    const held: Held = { id, version, renewedAt: acquiredAt, lost };
    this.#held.add(held);
    return () => void this.#held.delete(held);
  }

  /** Whether all leases were renewed within half of their time, as they are unless the store is unreachable. */
  get areFresh(): boolean {
    const oldest = performance.now() - this.#options.ttlMs / 2;
    return [...this.#held].every(({ renewedAt }) => renewedAt > oldest);
  }

  /** Renews leases after a third of their time, and detects lost ones. */
  look(): void {
    const { ttlMs, graceMs } = this.#options;
    const latestRenewal = performance.now() - (ttlMs - graceMs - this.everyMs);
    for (const held of this.#held) {
      if (held.renewedAt <= latestRenewal) this.#lose(held, 'its lease could not be renewed');
    }
    if (this.#asking || this.#held.size === 0) return;
    this.#asking = true;
    void this.#ask().finally(() => (this.#asking = false));
  }

  async #ask(): Promise<void> {
    const { execute, pid, ttlMs } = this.#options;
    const askedAt = performance.now();
    const all = [...this.#held];
    const due = all.filter(({ renewedAt }) => renewedAt <= askedAt - ttlMs / 3);
    if (due.length > 0) {
      const tasks = due.map(({ id, version }) => ({ id, version }));
      const { status } = await execute({ kind: 'task.heartbeat', data: { pid, tasks } });
      if (status !== 200) due.length = 0;
    }
    // A heartbeat is answered with 200 even if it renewed nothing, so check each task.
    await Promise.all(all.map((held) => this.#check(held, due.includes(held) ? askedAt : null)));
  }

  async #check(held: Held, renewedAt: number | null): Promise<void> {
    const { status, data } = await this.#options.execute({ kind: 'task.get', data: { id: held.id } });
    // The store is unreachable. Ask again while the lease holds.
    if (status !== 200 && status !== 404) return;
    const task = status === 200 ? (data as { task: TaskRecord }).task : null;
    const isOurs = task?.state === 'acquired' && task.version === held.version && task.pid === this.#options.pid;
    if (!isOurs) this.#lose(held, `its task is ${task === null ? 'gone' : task.state}`);
    else if (renewedAt !== null) held.renewedAt = renewedAt;
  }

  #lose(held: Held, why: string): void {
    if (this.#held.delete(held)) held.lost(why);
  }
}
