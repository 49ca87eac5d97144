import type { Connections, Session } from '@resonate/drivers/postgres';
import type { Leadership } from '../../dialect.ts';
import { Term } from '../server/term.ts';

const PROBE_MS = 500;
const VALID_MS = 10_000;
/**
 * The server frees the lock of a leader that has been silent for this long, because its process is frozen or its machine
 * is gone. Keepalives detect only the second case, because the kernel answers them. Candidates ask more often than this.
 */
const SILENCE_MS = 3_000;
/** Postgres 14 has idle_session_timeout. A compatible server without it detects only a lost machine, after 5 + 3 * 3 seconds. */
const KEEPALIVE = 'SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 3; SET tcp_keepalives_count = 3';
const SILENCE = `SELECT set_config(name, '${SILENCE_MS}', false) FROM pg_settings WHERE name = 'idle_session_timeout'`;

/** The lock's key contains the schema, because several clusters may share a database. */
const TRY_LOCK = `SELECT pg_try_advisory_lock(hashtextextended('resonate ' || current_schema() || ' ' || $1, 0))`;

/** Elects by advisory lock. A process that does not get it keeps its connection for the next attempt. */
export class Election {
  readonly #connections: Connections;
  readonly #standbys = new Map<string, Session>();

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  /** The lock lasts as long as its connection; both sides notice within seconds when the other one is gone. */
  async elect(role: string): Promise<Leadership | null> {
    const since = performance.now();
    const session = this.#standbys.get(role) ?? (await this.#candidate());
    this.#standbys.delete(role);
    try {
      const [rows] = await session.run([{ text: TRY_LOCK, values: [role] }]);
      if (rows?.[0]?.[0] !== 't') {
        this.#standbys.set(role, session);
        return null;
      }
    } catch (error) {
      await session.end();
      throw error;
    }
    const term = new Term(
      {
        renew: async () => {
          if (!session.isBroken) await session.run([{ text: 'SELECT 1' }]);
          return !session.isBroken;
        },
        everyMs: PROBE_MS,
        validMs: VALID_MS,
        giveUp: () => session.end(),
      },
      since,
    );
    void session.ended.then(() => term.end());
    return term;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#standbys.values()].map((session) => session.end()));
  }

  async #candidate(): Promise<Session> {
    const session = await this.#connections.dedicated(VALID_MS);
    try {
      await session.script(`${KEEPALIVE}; ${SILENCE}`);
      return session;
    } catch (error) {
      void session.end();
      throw error;
    }
  }
}
