import { setTimeout as sleep } from 'node:timers/promises';
import type { Needs } from '@resonate/machine';
import { BatchConflict, OutcomeUnknown, StoreUnavailable, type Decide, type Decision } from '../../dialect.ts';
import { BEGIN, COMMIT, ConnectionLost, type Database, type Session } from './connection.ts';
import { list, quote } from './literal.ts';
import { fetches, loadedFrom, NOW } from './load.ts';
import { writes } from './write.ts';
import { int, intOrNull, text } from '../../sql/read.ts';
import { messageOf } from '../../message-of.ts';

/** How long it is tried to find out what became of a commit: a restarting server recovers in this time. */
const PATIENCE_MS = 30_000;
const PAUSE_MS = 100;

/** A batch in two round trips: lock and load, write and commit. */
export function transact<Result>(database: Database, needs: Needs, decide: Decide<Result>): Promise<Decision<Result>> {
  return database.use(async (session) => {
    let decision: Decision<Result> | null = null;
    try {
      session.batch++;
      const found = fetches(needs, true);
      const statements = found.map(({ sql }) => sql);
      // The clock is read last, when all locks are held.
      const [, , ...results] = await session.run(BEGIN, mark(session), ...statements, `SELECT ${NOW}`);
      const now = int(results.pop()?.rows[0]?.[0]);
      decision = decide(loadedFrom(found, results), now);
      if (decision.changes) await session.run(...writes(decision.changes), COMMIT);
      return decision;
    } catch (error) {
      const isLost = error instanceof ConnectionLost;
      // Whatever went wrong about the server while it was to commit: only the marker tells.
      const isUncertain = isLost || error instanceof StoreUnavailable;
      if (decision && isUncertain && (await isCommitted(database, session))) return decision;
      throw isLost ? new BatchConflict(`the connection was lost before the commit: ${error.message}`) : error;
    }
  });
}

/**
 * Writes the batch's number with the batch: MySQL can't be asked what became of a transaction. Done first, so that its
 * row lock lasts as long as the transaction.
 */
function mark({ key, batch }: Session): string {
  return `INSERT INTO batches (connection, number, used_at) VALUES (${quote(key)}, ${batch}, ${NOW})
    ON DUPLICATE KEY UPDATE number = VALUES(number), used_at = VALUES(used_at)`;
}

const FORGOTTEN_AFTER_MS = 86_400_000;
const FORGOTTEN_AT_ONCE = 10_000;

/** Removes what connections of long ago left. */
export async function forgetOldBatches(database: Database): Promise<void> {
  const old = `SELECT connection FROM batches WHERE used_at < ${NOW} - ${FORGOTTEN_AFTER_MS} LIMIT ${FORGOTTEN_AT_ONCE}`;
  const [found] = await database.run(old);
  const keys = (found?.rows ?? []).map(([key]) => text(key));
  if (keys.length > 0) await database.run(`DELETE FROM batches WHERE connection IN ${list(keys)}`);
}

/**
 * Whether the last batch of a lost connection was committed. Its row can be locked only when the transaction is over,
 * so the answer stays true.
 * @throws OutcomeUnknown when the database doesn't come back in time.
 */
async function isCommitted(database: Database, { key, batch }: Session): Promise<boolean> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await database.use(async (session) => {
        await endConnection(session, key);
        const [row] = await session.run(`SELECT number FROM batches WHERE connection = ${quote(key)} FOR UPDATE`);
        return row?.rows[0]?.[0] === batch;
      });
    } catch (error) {
      if (performance.now() > until) throw new OutcomeUnknown(messageOf(error));
      await sleep(PAUSE_MS);
    }
  }
}

/** The server may not know yet that the connection is lost, and wait for its next statement with all locks held. */
async function endConnection(session: Session, key: string): Promise<void> {
  const [answer] = await session.run(`SELECT IS_USED_LOCK(${quote(key)})`);
  const connection = intOrNull(answer?.rows[0]?.[0] ?? null);
  // When it fails, the connection has just ended by itself.
  if (connection !== null) await session.run(`KILL ${connection}`).catch(() => {});
}
