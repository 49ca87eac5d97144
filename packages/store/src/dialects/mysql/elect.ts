import { ConnectionLost } from '@resonate/drivers';
import { quote, type Database, type Session } from '@resonate/drivers/mysql';
import type { Leadership } from '../../dialect.ts';
import { int } from '../../sql/read.ts';
import { Term } from '../server/term.ts';
import { lockName } from './migrate.ts';

const RENEW_MS = 500;
/** The holder stops before the server takes the lock from a connection that was silent for `SILENCE_S`. */
const VALID_MS = 2_500;
const SILENCE_S = 3;

/**
 * Elects by GET_LOCK: the server frees the lock when the holder's connection ends.
 * @param database a pool that nothing else uses, so that the leader can always renew its term.
 */
export function electByLock(database: Database, role: string): Promise<Leadership | null> {
  const name = quote(lockName(database.name, `leader/${role}`));
  return new Promise((resolve, reject) => {
    const whileElected = async (session: Session) => {
      const since = performance.now();
      const [, answer] = await session.run([`SET SESSION wait_timeout = ${SILENCE_S}`, `SELECT GET_LOCK(${name}, 0)`]);
      if (int(answer?.[0]?.[0]) === 1) await new Promise<void>((ended) => resolve(term(session, name, since, ended)));
      else resolve(null);
    };
    database.use(whileElected).catch(reject);
  });
}

function term(session: Session, name: string, since: number, ended: () => void): Term {
  const renew = async () => {
    try {
      const [held] = await session.run([`SELECT IS_USED_LOCK(${name}) = CONNECTION_ID()`]);
      return held?.[0]?.[0] === 1;
    } catch (error) {
      if (error instanceof ConnectionLost) return false;
      throw error;
    }
  };
  const giveUp = async () => {
    // Frees the lock at once. If the connection just ended, the server would notice later.
    await session.run([`DO RELEASE_LOCK(${name})`]).catch(() => {});
    session.destroy();
    ended();
  };
  return new Term({ renew, everyMs: RENEW_MS, validMs: VALID_MS, giveUp }, since);
}
