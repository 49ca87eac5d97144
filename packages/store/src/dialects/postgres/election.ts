import type { Leadership } from '../../dialect.ts';
import { electByLease, Term, type LeaseTable } from '../term.ts';
import type { Connections } from './connections.ts';
import type { Prepared } from './pipeline.ts';
import type { Session } from './session.ts';

const PROBE_MS = 500;
const VALID_MS = 10_000;
/**
 * The server frees the lock of a leader that is silent for this long: its process is frozen, or its machine gone.
 * Keepalives would find only the latter, as the kernel answers them. Candidates are never silent for as long.
 */
const SILENCE_MS = 3_000;
/** Before Postgres 14 the server notices only a machine that vanished, after 5 + 3 * 3 seconds. */
const KEEPALIVE = 'SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 3; SET tcp_keepalives_count = 3';
const SILENCE = `SELECT set_config(name, '${SILENCE_MS}', false) FROM pg_settings WHERE name = 'idle_session_timeout'`;

/** Per schema, should several clusters share a database. */
const TRY_LOCK = `SELECT pg_try_advisory_lock(hashtextextended('resonate ' || current_schema() || ' ' || $1, 0))`;
const NOW = 'floor(extract(epoch FROM clock_timestamp()) * 1000)';

export const ELECTION_STATEMENTS: Prepared[] = [
  {
    name: 'take_lease',
    text: `INSERT INTO leases AS held (role, holder, ends_at) VALUES ($1, $2, ${NOW} + $3::bigint)
      ON CONFLICT (role) DO UPDATE SET holder = excluded.holder, ends_at = excluded.ends_at
      WHERE held.holder = excluded.holder OR held.ends_at <= ${NOW} RETURNING role`,
  },
  { name: 'give_lease', text: 'DELETE FROM leases WHERE role = $1 AND holder = $2' },
];

/** Election by lease row or by advisory lock. A standby's connection stays open for its next attempt. */
export class Election implements LeaseTable {
  readonly #connections: Connections;
  readonly #standbys = new Map<string, Session>();

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  async electByLease(role: string, processId: string): Promise<Leadership | null> {
    return electByLease(this, role, processId);
  }

  /** The lock lasts as long as its connection; both sides notice within seconds when the other one is gone. */
  async electByLock(role: string): Promise<Leadership | null> {
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

  async take(role: string, holder: string, forMs: number): Promise<boolean> {
    const [rows] = await this.#connections.run([{ name: 'take_lease', values: [role, holder, String(forMs)] }]);
    return rows?.length === 1;
  }

  async give(role: string, holder: string): Promise<void> {
    await this.#connections.run([{ name: 'give_lease', values: [role, holder] }]);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#standbys.values()].map((session) => session.end()));
  }

  async #candidate(): Promise<Session> {
    const session = await this.#connections.dedicated(VALID_MS);
    await session.script(`${KEEPALIVE}; ${SILENCE}`);
    return session;
  }
}
