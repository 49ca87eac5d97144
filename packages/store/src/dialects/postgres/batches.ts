import type { Connections, Prepared, Query, Session } from '@resonate/drivers/postgres';
import { BATCH_NUMBERS_KEPT_MS } from '../server/dialect.ts';
import { CLOCK_MS } from './outbox.ts';

/**
 * Each batch writes its number into the row of its connection. If the answer to a commit is lost, one statement reads and
 * fences that row: it waits for a transaction that is still running, and a commit that arrives later fails at the fence.
 * `pg_xact_status` is no substitute, because a transaction id that was lost in a crash is used again.
 */
export const BATCH_STATEMENTS: Prepared[] = [
  {
    name: 'number_batch',
    text: `INSERT INTO batches (connection, number, is_fenced, used_at) VALUES ($1, $2, false, $3)
      ON CONFLICT (connection) DO UPDATE SET used_at = excluded.used_at,
        number = CASE WHEN batches.is_fenced THEN NULL ELSE excluded.number END RETURNING xmin`,
  },
];
const FENCE = `INSERT INTO batches (connection, number, is_fenced, used_at) VALUES ($1, 0, true, $2)
  ON CONFLICT (connection) DO UPDATE SET is_fenced = true RETURNING number`;

/** Writes the number of a connection's batch. It returns the xmin of that row, the version of all rows that the batch writes. */
export function numberBatch({ id, batch }: Session, now: number): Query {
  return { name: 'number_batch', values: [id, String(batch), String(now)] };
}

/** Whether the last batch of a lost connection was committed. If not, it can never be committed. */
export async function happened(connections: Connections, { id, batch }: Session, now: number): Promise<boolean> {
  // Not from the pool: all its connections may be waiting for this answer.
  const session = await connections.dedicated();
  try {
    // Without BEGIN and COMMIT, the fence could be answered and then fail to commit.
    const fence = { text: FENCE, values: [id, String(now)] };
    const [, rows] = await session.run([{ text: 'BEGIN' }, fence, { text: 'COMMIT' }]);
    return Number(rows?.[0]?.[0]) === batch;
  } finally {
    await session.end();
  }
}

/** Removes the rows of connections that ended long ago. */
export async function forgetConnections(connections: Connections): Promise<void> {
  const sql = `DELETE FROM batches WHERE used_at < ${CLOCK_MS} - ${BATCH_NUMBERS_KEPT_MS}`;
  await connections.use((session) => session.run([{ text: sql }]));
}
