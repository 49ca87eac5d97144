import type { Connections } from './connections.ts';
import type { Prepared, Query } from './pipeline.ts';
import type { Session } from './session.ts';

/**
 * Each batch writes its number on its connection's row. To learn whether a batch whose answer was lost happened, the
 * row is read and fenced in one statement: it waits for a transaction that is still under way, and one that arrives
 * later breaks on the fence. `pg_xact_status` can't tell: a transaction id that was lost in a crash is given out again.
 */
export const BATCH_STATEMENTS: Prepared[] = [
  {
    name: 'number_batch',
    text: `INSERT INTO batches (connection, number, is_fenced, used_at) VALUES ($1, $2, false, $3)
      ON CONFLICT (connection) DO UPDATE SET used_at = excluded.used_at,
        number = CASE WHEN batches.is_fenced THEN NULL ELSE excluded.number END`,
  },
];
const FENCE = `INSERT INTO batches (connection, number, is_fenced, used_at) VALUES ($1, 0, true, $2)
  ON CONFLICT (connection) DO UPDATE SET is_fenced = true RETURNING number`;

/** Writes the number of a connection's current batch. */
export function numberBatch({ id, batch }: Session, now: number): Query {
  return { name: 'number_batch', values: [id, String(batch), String(now)] };
}

/** Whether the last batch of a lost connection was committed. It can't be committed any more. */
export async function happened(connections: Connections, { id, batch }: Session, now: number): Promise<boolean> {
  // Outside of the pool, whose connections may all be waiting for this very answer.
  const session = await connections.dedicated();
  try {
    const [rows] = await session.run([{ text: FENCE, values: [id, String(now)] }]);
    return Number(rows?.[0]?.[0]) === batch;
  } finally {
    await session.end();
  }
}
