import { setTimeout as delay } from 'node:timers/promises';
import type { Needs } from '@resonate/machine';
import { BatchConflict, OutcomeUnknown, type Decide, type Decision } from '../../dialect.ts';
import type { Connections } from './connections.ts';
import { ConnectionLost } from './errors.ts';
import { Load } from './load.ts';
import type { Prepared, Query } from './pipeline.ts';
import type { Session } from './session.ts';
import { writes } from './write.ts';
import { messageOf } from '../../message-of.ts';

const ASK_AGAIN_MS = 100;

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

/** One batch in two round trips: lock and load, then write and commit. @throws as `Dialect.transact`. */
export function transact<Result>(
  connections: Connections,
  needs: Needs,
  decide: Decide<Result>,
): Promise<Decision<Result>> {
  return connections.use(async (session) => {
    const { loaded, now } = await lockAndLoad(session, needs);
    const decision = decide(loaded, now);
    if (decision.changes) await commit(connections, session, writes(decision.changes), now);
    return decision;
  });
}

async function lockAndLoad(session: Session, needs: Needs): Promise<Load> {
  const load = new Load(needs, true);
  session.inTransaction = true;
  try {
    load.take(await session.run(load.queries));
    return load;
  } catch (error) {
    // A connection that broke while it was idle: the batch may go on another one at once.
    if (error instanceof ConnectionLost && !error.isFrozen) throw new BatchConflict(error.message);
    throw error;
  }
}

async function commit(connections: Connections, session: Session, queries: Query[], now: number): Promise<void> {
  const batch = session.batch + 1;
  const number: Query = { name: 'number_batch', values: [session.id, String(batch), String(now)] };
  try {
    await session.run([...queries, number, { name: 'commit' }]);
  } catch (error) {
    if (!(error instanceof ConnectionLost)) throw error;
    if (!(await happened(connections, session, batch, now))) throw new BatchConflict(error.message);
  }
  session.inTransaction = false;
  session.batch = batch;
}

async function happened(connections: Connections, lost: Session, batch: number, now: number): Promise<boolean> {
  // As patient as with a database that is there.
  const giveUpAt = performance.now() + connections.statementTimeoutMs;
  for (;;) {
    try {
      // Outside of the pool, whose connections may all be waiting for this very answer.
      const session = await connections.dedicated();
      try {
        const [rows] = await session.run([{ text: FENCE, values: [lost.id, String(now)] }]);
        return Number(rows?.[0]?.[0]) === batch;
      } finally {
        await session.end();
      }
    } catch (error) {
      if (performance.now() > giveUpAt) throw new OutcomeUnknown(messageOf(error));
      await delay(ASK_AGAIN_MS);
    }
  }
}
