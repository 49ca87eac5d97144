import pg from 'pg';
import { unreachable } from './errors.ts';
import type { PrimaryClient } from './client.ts';
import type { Primary } from './primary.ts';

/** What is prepared is not there, or somebody else has prepared it. */
const FOREIGN_STATEMENTS = ['26000', '42P05'];

/**
 * Refuses a pooler that loses what the store needs. In transaction mode a pooler such as PgBouncer serves each transaction
 * of a connection by another process of the database. Then the lock of the election may be held by nobody or by several.
 * PgBouncer before 1.21 also loses prepared statements.
 * @param byLease the election needs no such lock.
 * @throws an Error that says what to change. StoreUnavailable when the database cannot be reached.
 */
export async function checkPooler(primary: Primary, answerMs: number, byLease: boolean): Promise<void> {
  const [one, other] = [0, 1].map(() => primary.newClient({ query_timeout: answerMs })) as [
    PrimaryClient,
    PrimaryClient,
  ];
  try {
    await Promise.all([one.connect(), other.connect()]).catch((error: unknown) => {
      throw unreachable(error);
    });
    const process = await processOf(one);
    await other.query('BEGIN');
    // If the other connection now has the process that this one had, this one gets another.
    const isMoved = (await processOf(other)) === process || (await processOf(one)) !== process;
    if (isMoved && !byLease) throw new Error(NO_LOCKS);
    // It has prepared this statement at another process.
    if (isMoved) await processOf(one);
  } catch (error) {
    const isForeign = error instanceof pg.DatabaseError && FOREIGN_STATEMENTS.includes(error.code ?? '');
    if (isForeign) throw new Error(byLease ? NO_STATEMENTS : NO_LOCKS, { cause: error });
    throw error;
  } finally {
    for (const client of [one, other]) client.end().catch(() => {});
  }
}

const NO_LOCKS =
  'Postgres is behind a pooler in transaction mode, which loses the lock of the election: pool sessions, or set storage.election to lease';
const NO_STATEMENTS =
  'Postgres is behind a pooler that loses prepared statements: pool sessions, or use PgBouncer 1.21 or newer with max_prepared_statements = 200';

/** The process of the database that serves the connection now. */
async function processOf(client: pg.Client): Promise<unknown> {
  const question = { name: 'process', text: 'SELECT pg_backend_pid()', rowMode: 'array' } as const;
  const { rows } = await client.query<[number]>(question);
  return rows[0]?.[0];
}
