import { randomUUID } from 'node:crypto';
import type { Dialect } from '../dialect.ts';
import type { DeadLetterFilter, DeadLetters } from '../outbox/dead-letters.ts';
import { json } from '../sql/read.ts';

/** An operator's order to redrive many dead letters, with its progress. Times are epoch ms by the store's clock. */
export interface RedriveOrder {
  id: string;
  filter: Pick<DeadLetterFilter, 'transport' | 'target' | 'prefix'>;
  orderedAt: number;
  /**
   * The id of the last dead letter when it was ordered. A message that becomes a dead letter again has a higher id, so it
   * is not redriven forever.
   */
  through: number;
  /** The id of the last dead letter that was processed. */
  after: number;
  redriven: number;
  /** null: it is still running. */
  endedAt: number | null;
}

const KEY = 'redrive';

/** One order at a time, stored in the database. The leader carries it out in small steps; a new leader continues it. */
export class BulkRedrive {
  readonly #dialect: Pick<Dialect, 'readSetting' | 'now' | 'plain'>;
  readonly #letters: DeadLetters;

  constructor(dialect: Pick<Dialect, 'readSetting' | 'now' | 'plain'>, letters: DeadLetters) {
    this.#dialect = dialect;
    this.#letters = letters;
  }

  /** The last order, whether it is done or not. */
  async current(): Promise<RedriveOrder | null> {
    return (await this.#stored()).order;
  }

  async #stored(): Promise<{ text: string | null; order: RedriveOrder | null }> {
    const text = await this.#dialect.readSetting(KEY);
    return { text, order: text === null ? null : json<RedriveOrder>(text) };
  }

  /** @returns null while another order is running, or if another one is stored at the same time. */
  async order(filter: RedriveOrder['filter']): Promise<RedriveOrder | null> {
    const last = await this.#stored();
    if (last.order?.endedAt === null) return null;
    const [rows] = await this.#dialect.plain.select([{ sql: 'SELECT MAX(id) FROM dead_letters', params: [] }]);
    const through = Number(rows?.[0]?.[0] ?? 0);
    const orderedAt = await this.#dialect.now();
    const counts = { through, after: 0, redriven: 0, endedAt: through === 0 ? orderedAt : null };
    const order: RedriveOrder = { id: randomUUID(), filter, orderedAt, ...counts };
    await this.#replace(last.text, JSON.stringify(order));
    return (await this.current())?.id === order.id ? order : null;
  }

  /** Stores an order unless another one was stored since `last` was read. */
  async #replace(last: string | null, order: string): Promise<void> {
    const { words, atomically } = this.#dialect.plain;
    const key = words.settingKey;
    const first = words.insertNew(`settings (${key}, value)`, 'SELECT ?, ?');
    const next = `UPDATE settings SET value = ? WHERE ${key} = ? AND value = ?`;
    await atomically([
      last === null ? { sql: first, params: [KEY, order] } : { sql: next, params: [order, KEY, last] },
    ]);
  }

  /**
   * Redrives a few dead letters. If the process is killed before the progress is stored, they are looked at again, but none
   * is redriven twice.
   * @returns null if there is no order to carry out.
   */
  async step(): Promise<RedriveOrder | null> {
    const { text, order } = await this.#stored();
    if (order === null || order.endedAt !== null) return null;
    const { filter, after, through } = order;
    const { count, last } = await this.#letters.redriveNext({ ...filter, through }, after);
    order.redriven += count;
    if (last === null) order.endedAt = await this.#dialect.now();
    else order.after = last;
    // If another leader has continued meanwhile, its progress stays.
    await this.#replace(text, JSON.stringify(order));
    return order;
  }
}
