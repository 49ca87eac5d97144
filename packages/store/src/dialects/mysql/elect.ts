import { StoreUnavailable, type Leadership } from '../../dialect.ts';
import { Term, type LeaseTable } from '../term.ts';
import { ConnectionLost, type Database, type Session } from './connection.ts';
import { list, quote } from './literal.ts';
import { NOW } from './load.ts';
import { lockName } from './migrate.ts';

const RENEW_MS = 500;
/** The holder stops before the server takes the lock from a connection that was silent for `SILENCE_S`. */
const VALID_MS = 2_500;
const SILENCE_S = 3;

/**
 * Election by GET_LOCK: the server frees the lock when the holder's connection ends.
 * @param database connections for this alone: a term must not end because all others are busy.
 */
export function electByLock(database: Database, role: string): Promise<Leadership | null> {
  const name = quote(lockName(database.name, `leader/${role}`));
  return new Promise((resolve, reject) => {
    const whileElected = async (session: Session) => {
      const since = performance.now();
      const [, answer] = await session.run(`SET SESSION wait_timeout = ${SILENCE_S}`, `SELECT GET_LOCK(${name}, 0)`);
      if (Number(answer?.rows[0]?.[0]) === 1)
        await new Promise<void>((ended) => resolve(term(session, name, since, ended)));
      else resolve(null);
    };
    database.use(whileElected).catch((error: unknown) => {
      reject(error instanceof ConnectionLost ? new StoreUnavailable(error.message) : (error as Error));
    });
  });
}

function term(session: Session, name: string, since: number, ended: () => void): Term {
  const renew = async () => {
    try {
      const [held] = await session.run(`SELECT IS_USED_LOCK(${name}) = CONNECTION_ID()`);
      return held?.rows[0]?.[0] === 1;
    } catch (error) {
      if (error instanceof ConnectionLost) return false;
      throw error;
    }
  };
  const giveUp = async () => {
    // Free for others when this is answered; of a connection that just ends, the server learns later.
    await session.run(`DO RELEASE_LOCK(${name})`).catch(() => {});
    session.destroy();
    ended();
  };
  return new Term({ renew, everyMs: RENEW_MS, validMs: VALID_MS, giveUp }, since);
}

export function leaseTable(database: Database): LeaseTable {
  return {
    async take(role, holder, forMs) {
      // Assignments see the ones before them: the end moves only when the holder is the taker.
      const [, row] = await database.run(
        `INSERT INTO leases (role, holder, ends_at) VALUES (${quote(role)}, ${quote(holder)}, ${NOW} + ${forMs})
         ON DUPLICATE KEY UPDATE holder = IF(ends_at <= ${NOW}, VALUES(holder), holder),
           ends_at = IF(holder = VALUES(holder), VALUES(ends_at), ends_at)`,
        `SELECT holder FROM leases WHERE role = ${quote(role)}`,
      );
      return row?.rows[0]?.[0] === holder;
    },
    async give(role, holder) {
      await database.run(`DELETE FROM leases WHERE (role, holder) = ${list([role, holder])}`);
    },
  };
}
