import { randomUUID } from 'node:crypto';
import type { Dialect } from '../dialect.ts';
import type { DeadLetterFilter, DeadLetters } from '../outbox/dead-letters.ts';
import { json } from '../sql/read.ts';

/** That many dead letters be sent again, and how far that is. Times are epoch ms by the store's clock. */
export interface RedriveOrder {
  id: string;
  filter: Pick<DeadLetterFilter, 'transport' | 'target' | 'prefix'>;
  orderedAt: number;
  /** The last letter there was: what dies again meanwhile has a higher id, and is not sent again for ever. */
  through: number;
  /** The last letter that was looked at. */
  after: number;
  redriven: number;
  /** null: it is not done yet. */
  endedAt: number | null;
}

const KEY = 'redrive';

/** One order at a time, kept in the database: whoever leads goes on with it, piece by piece. */
export class BulkRedrive {
  readonly #dialect: Pick<Dialect, 'readSetting' | 'writeSetting' | 'now' | 'plain'>;
  readonly #letters: DeadLetters;

  constructor(dialect: Pick<Dialect, 'readSetting' | 'writeSetting' | 'now' | 'plain'>, letters: DeadLetters) {
    this.#dialect = dialect;
    this.#letters = letters;
  }

  /** The last order, done or not. */
  async current(): Promise<RedriveOrder | null> {
    const text = await this.#dialect.readSetting(KEY);
    return text === null ? null : json<RedriveOrder>(text);
  }

  /** @returns null while another order is not done. */
  async order(filter: RedriveOrder['filter']): Promise<RedriveOrder | null> {
    const current = await this.current();
    if (current?.endedAt === null) return null;
    const [rows] = await this.#dialect.plain.select([{ sql: 'SELECT MAX(id) FROM dead_letters', params: [] }]);
    const through = Number(rows?.[0]?.[0] ?? 0);
    const orderedAt = await this.#dialect.now();
    const counts = { through, after: 0, redriven: 0, endedAt: through === 0 ? orderedAt : null };
    const order: RedriveOrder = { id: randomUUID(), filter, orderedAt, ...counts };
    await this.#write(order);
    return order;
  }

  /** The next piece. Killed in the middle, it is looked at again; what was sent is not sent twice. @returns null: done. */
  async step(): Promise<RedriveOrder | null> {
    const order = await this.current();
    if (order === null || order.endedAt !== null) return null;
    const { filter, after, through } = order;
    const { count, last } = await this.#letters.redriveNext({ ...filter, through }, after);
    order.redriven += count;
    if (last === null) order.endedAt = await this.#dialect.now();
    else order.after = last;
    await this.#write(order);
    return order;
  }

  #write(order: RedriveOrder): Promise<void> {
    return this.#dialect.writeSetting(KEY, JSON.stringify(order));
  }
}
