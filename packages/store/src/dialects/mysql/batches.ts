import { int, intOrNull, text } from '../../sql/read.ts';
import { checkWritable, IS_READ_ONLY, type Database, type Session } from './connection.ts';
import { list, NOW, quote } from './literal.ts';

/**
 * Writes the batch's number with the batch: MySQL can't be asked what became of a transaction. Done first, so that its
 * row lock lasts as long as the transaction.
 */
export function numberBatch({ key, batch }: Session): string {
  return `INSERT INTO batches (connection, number, used_at) VALUES (${quote(key)}, ${batch}, ${NOW})
    ON DUPLICATE KEY UPDATE number = VALUES(number), used_at = VALUES(used_at)`;
}

const FORGOTTEN_AFTER_MS = 86_400_000;
const FORGOTTEN_AT_ONCE = 10_000;

/** Removes what connections of long ago left. */
export async function forgetOldBatches(database: Database): Promise<void> {
  const old = `SELECT connection FROM batches WHERE used_at < ${NOW} - ${FORGOTTEN_AFTER_MS} LIMIT ${FORGOTTEN_AT_ONCE}`;
  const [found = []] = await database.run(old);
  const keys = found.map(([key]) => text(key));
  if (keys.length > 0) await database.run(`DELETE FROM batches WHERE connection IN ${list(keys)}`);
}

/**
 * Whether the last batch of a lost connection was committed. Its row can be locked only when the transaction is over,
 * so the answer stays true.
 */
export function happened(database: Database, { key, batch }: Session): Promise<boolean> {
  return database.use(async (session) => {
    await endConnection(session, key);
    const number = `SELECT number FROM batches WHERE connection = ${quote(key)} FOR UPDATE`;
    // Asked before: a replica that is about to be promoted may have received the batch and not have applied it yet.
    const [readOnly, rows] = await session.run([`SELECT ${IS_READ_ONLY}`, number]);
    checkWritable(readOnly?.[0]?.[0]);
    return rows?.[0] !== undefined && int(rows[0][0]) === batch;
  });
}

/** The server may not know yet that the connection is lost, and wait for its next statement with all locks held. */
async function endConnection(session: Session, key: string): Promise<void> {
  const [answer] = await session.run([`SELECT IS_USED_LOCK(${quote(key)})`]);
  const connection = intOrNull(answer?.[0]?.[0] ?? null);
  // When it fails, the connection has just ended by itself.
  if (connection !== null) await session.run([`KILL ${connection}`]).catch(() => {});
}
