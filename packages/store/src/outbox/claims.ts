import type { Transport } from '@resonate/protocol';
import type { Claim, Claimed, Dialect } from '../dialect.ts';
import { oneOf, type ListenerKey } from '../sql/conditions.ts';

/** So many rows in one transaction: no lock is held for long. */
const AT_ONCE = 200;

/**
 * Claims, and makes up for those that failed. A claim whose answer was lost may have been committed: its messages are
 * out, and nobody has them. So before the next one for that transport they are given back. Deliveries that began before
 * it are older, and stay.
 */
export class Claims {
  readonly #dialect: Dialect;
  /** By transport, when the first claim began of which it isn't known what became. */
  readonly #unknownSince = new Map<Transport, number>();

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  /** What this process still holds of these is due again at `dueAt` and not before. */
  async renew(keys: readonly ListenerKey[], processId: string, dueAt: number): Promise<void> {
    const { words } = this.#dialect.plain;
    for (let from = 0; from < keys.length; from += AT_ONCE) {
      const { where, params } = oneOf(keys.slice(from, from + AT_ONCE));
      const sql = `UPDATE ${words.byKey('listeners')} SET due_at = ${dueAt}
        WHERE ${where} AND due_at IS NOT NULL AND claimed_by = ?`;
      await this.#dialect.plain.atomically([{ sql, params: [...params, processId] }]);
    }
  }

  /** @param now the store's clock, as far as it is known: never ahead of it. */
  async claim(claim: Claim, now: number): Promise<Claimed> {
    const { transport, processId, retryTimeoutMs } = claim;
    const since = this.#unknownSince.get(transport);
    if (since !== undefined) {
      await this.#dialect.releaseClaims([processId], { transport, dueFrom: since + retryTimeoutMs });
      this.#unknownSince.delete(transport);
    }
    try {
      return await this.#dialect.claim(claim);
    } catch (error) {
      this.#unknownSince.set(transport, now);
      throw error;
    }
  }
}
