import { checkWritable, IS_READ_ONLY, list, NOW, quote, type Database, type Session } from '@resonate/drivers/mysql';
import { int, intOrNull, text } from '../../sql/read.ts';
import { BATCH_NUMBERS_KEPT_MS } from '../server/dialect.ts';

/**
 * Writes the number of a connection's current batch, because MySQL cannot tell whether a transaction was committed. It is
 * the first statement of the transaction, so its row is locked until the transaction ends.
 */
export function numberBatch({ key, batch }: Session): string {
  return `INSERT INTO batches (connection, number, used_at) VALUES (${quote(key)}, ${batch}, ${NOW})
    ON DUPLICATE KEY UPDATE number = VALUES(number), used_at = VALUES(used_at)`;
}

const FORGOTTEN_AT_ONCE = 10_000;

/** Removes the rows of connections that ended long ago. They are deleted by key, because a DELETE locks all rows that it reads. */
export async function forgetConnections(database: Database): Promise<void> {
  const old = `SELECT connection FROM batches WHERE used_at < ${NOW} - ${BATCH_NUMBERS_KEPT_MS} LIMIT ${FORGOTTEN_AT_ONCE}`;
  for (;;) {
    const [found = []] = await database.run(old);
    const keys = found.map(([key]) => text(key));
    if (keys.length > 0) await database.run(`DELETE FROM batches WHERE connection IN ${list(keys)}`);
    if (keys.length < FORGOTTEN_AT_ONCE) return;
  }
}

/**
 * Whether the last batch of a lost connection was committed. Its row can be locked only after the transaction has ended,
 * so the answer is final.
 */
export function happened(database: Database, { key, batch }: Session): Promise<boolean> {
  return database.use(async (session) => {
    await endConnection(session, key);
    const number = `SELECT number FROM batches WHERE connection = ${quote(key)} FOR UPDATE`;
    // `read_only` is read first: a replica that is about to be promoted may have received the batch, but not applied it yet.
    const [readOnly, rows] = await session.run([`SELECT ${IS_READ_ONLY}`, number]);
    checkWritable(readOnly?.[0]?.[0]);
    return rows?.[0] !== undefined && int(rows[0][0]) === batch;
  });
}

/** Ends the connection on the server, which may not know that it is lost, and would keep its locks. */
async function endConnection(session: Session, key: string): Promise<void> {
  const [answer] = await session.run([`SELECT IS_USED_LOCK(${quote(key)})`]);
  const connection = intOrNull(answer?.[0]?.[0] ?? null);
  // If this fails, the connection has just ended by itself.
  if (connection !== null) await session.run([`KILL ${connection}`]).catch(() => {});
}
