import type { Transport } from '@resonate/protocol';
import type { PlainSql } from '../sql/plain-sql.ts';
import { readDetail, type Detail } from './detail.ts';
import { hasGraph, readGraph, type GraphPage, type GraphQuery } from './graph.ts';
import { findNewest, type Newest, type NewestQuery } from './newest.ts';
import { transport } from '../sql/read.ts';

export type Delivered = 'due' | 'not pending' | 'absent';

/** What operators look at. Everything is read beside the engine, at a bounded price; nothing of it decides anything. */
export class Admin {
  readonly #sql: PlainSql;
  readonly #now: () => Promise<number>;
  readonly #made: (transport: Transport, dueAt: number) => void;

  /** @param now the store's clock. @param made told which message was made due. */
  constructor(sql: PlainSql, now: () => Promise<number>, made: (transport: Transport, dueAt: number) => void) {
    this.#sql = sql;
    this.#now = now;
    this.#made = made;
  }

  /** Promises, the newest first. */
  newest(query: NewestQuery, now: number): Promise<Newest> {
    return findNewest(this.#sql, query, now);
  }

  /** null: there is no such promise. */
  detail(id: string, limit: number, now: number): Promise<Detail | null> {
    return readDetail(this.#sql, id, limit, now);
  }

  graph(query: GraphQuery, now: number): Promise<GraphPage> {
    return readGraph(this.#sql, query, now);
  }

  hasGraph(root: string): Promise<boolean> {
    return hasGraph(this.#sql, root);
  }

  /**
   * Makes the waiting message of a pending task due at once: one that is delayed, put off, or failed and waits for its
   * turn. Only when it is due changes, as with what a circuit puts off; one that is under way may come twice, as ever.
   */
  async deliver(id: string): Promise<Delivered> {
    const now = await this.#now();
    const still = "id = ? AND state = 'pending'";
    const { words } = this.#sql;
    const [, [row] = []] = await this.#sql.atomically([
      {
        sql: `UPDATE ${words.byKey('tasks')}
          SET enqueued_at = COALESCE(enqueued_at, ${now}), due_at = ${now}, claimed_by = NULL
          WHERE ${still} AND due_at > ${now}`,
        params: [id],
      },
      { sql: 'SELECT state, transport FROM tasks WHERE id = ?', params: [id] },
    ]);
    if (!row) return 'absent';
    if (row[0] !== 'pending') return 'not pending';
    this.#made(transport(row[1]), now);
    return 'due';
  }
}
