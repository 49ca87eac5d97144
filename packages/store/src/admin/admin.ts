import type { TaskRow } from '@resonate/machine';
import type { Transport } from '@resonate/protocol';
import type { Dialect } from '../dialect.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { readCounts, type Counts } from './counts.ts';
import { readDetail, type Detail } from './detail.ts';
import { hasGraph, readGraph, type GraphPage, type GraphQuery } from './graph.ts';
import { readOutcome, type PromiseOutcome } from './outcome.ts';
import { readTasks, readWaits, type Waits } from './waits.ts';
import { findNewest, type Newest, type NewestQuery } from './newest.ts';

export type DeliverResult = 'due' | 'not pending' | 'absent';

/** What operators look at. Reads bypass the engine and lock nothing, and each reads a limited number of rows. */
export class Admin {
  readonly #dialect: Dialect;
  readonly #outbox: Outbox;
  readonly #made: (transport: Transport, dueAt: number) => void;

  /** @param made called with the transport of a message that was made due, and its due time (epoch ms). */
  constructor(dialect: Dialect, outbox: Outbox, made: (transport: Transport, dueAt: number) => void) {
    this.#dialect = dialect;
    this.#outbox = outbox;
    this.#made = made;
  }

  /** Promises, newest first. */
  newest(query: NewestQuery, now: number): Promise<Newest> {
    return findNewest(this.#dialect.plain, query, now);
  }

  /** The tasks of these promises. Promises without a task are left out. */
  tasksOf(ids: string[], now: number): Promise<ReadonlyMap<string, TaskRow>> {
    return readTasks(this.#dialect.plain, ids, now);
  }

  counts(prefix: string): Promise<Counts> {
    return readCounts(this.#dialect.plain, prefix);
  }

  /** null: there is no such promise. */
  detail(id: string, limit: number, now: number): Promise<Detail | null> {
    return readDetail(this.#dialect.plain, id, limit, now);
  }

  graph(query: GraphQuery, now: number): Promise<GraphPage> {
    return readGraph(this.#dialect.plain, query, now);
  }

  hasGraph(root: string): Promise<boolean> {
    return hasGraph(this.#dialect.plain, root);
  }

  /** A promise, its task and what it waits for, at most `limit` promises. null: there is no such promise. */
  waits(id: string, limit: number, now: number): Promise<Waits | null> {
    return readWaits(this.#dialect.plain, id, limit, now);
  }

  /** How a settled promise ended: its error, its children that failed, and notifications that have not arrived. */
  outcome(id: string, now: number): Promise<PromiseOutcome> {
    return readOutcome(this.#dialect.plain, id, now);
  }

  /** How many tasks workers hold, counted up to `limit`, because counting reads each of these rows. */
  async countLeases(limit: number): Promise<number> {
    const held = `SELECT 1 FROM tasks WHERE state = 'acquired' AND due_at > 0 LIMIT ${limit}`;
    const [rows] = await this.#dialect.plain.select([{ sql: `SELECT COUNT(*) FROM (${held}) AS held`, params: [] }]);
    return Number(rows?.[0]?.[0]);
  }

  /**
   * Makes the message of a pending task due at once, whether it was delayed, deferred, or failed and waits for its next
   * attempt. Nothing else changes. A message that is being delivered may then arrive twice, as any message may.
   * @param probeMs the longest time that a circuit waits between probes (messages.backoff_max).
   */
  async deliver(id: string, probeMs: number): Promise<DeliverResult> {
    const found = await this.#outbox.deliverNow(id, probeMs);
    if (!found) return 'absent';
    if (found.task.state !== 'pending') return 'not pending';
    this.#made(found.task.transport, found.dueAt);
    return 'due';
  }
}
