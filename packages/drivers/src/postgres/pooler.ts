import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { toStoreError } from './errors.ts';

const ROUNDS = 6;
const NO_SUCH_STATEMENT = '26000';

/**
 * Refuses a pooler that loses what the store needs. In transaction mode a pooler such as PgBouncer may send each transaction
 * of a connection to another backend of Postgres. Then no process, or several, may hold the lock of the election.
 * PgBouncer before 1.21 also loses prepared statements.
 * @param byLease the election needs no such lock.
 * @throws an Error that says what to change. StoreUnavailable when a connection breaks.
 */
export async function checkPooler(one: pg.Client, other: pg.Client, byLease: boolean): Promise<void> {
  const moved = await changesBackend(one, other).catch((error: unknown) => {
    const isLost = error instanceof pg.DatabaseError && error.code === NO_SUCH_STATEMENT;
    throw isLost ? new Error(byLease ? NO_STATEMENTS : NO_LOCKS, { cause: error }) : toStoreError(error);
  });
  if (moved && !byLease) throw new Error(NO_LOCKS);
}

const NO_LOCKS =
  'Postgres is behind a pooler in transaction mode, which loses the lock of the election, so two processes could lead. ' +
  'Pool sessions, or set storage.election to lease';
const NO_STATEMENTS =
  'Postgres is behind a pooler that loses prepared statements. ' +
  'Pool sessions, or use PgBouncer 1.21 or newer with max_prepared_statements = 200';

/**
 * Whether a connection gets another backend after a transaction. Both connections begin and end transactions in turns. If a
 * pooler hands out the backend that became free last, the connections swap backends in the second round; if it hands out
 * the one that has been free for longest, in the third.
 */
async function changesBackend(one: pg.Client, other: pg.Client): Promise<boolean> {
  const processes = new Map<pg.Client, unknown>();
  const first = { client: one, name: randomUUID() };
  const second = { client: other, name: randomUUID() };
  for (let round = 0; round < ROUNDS; round++) {
    for (const { client, name } of round % 4 < 2 ? [first, second] : [second, first]) {
      await client.query('BEGIN');
      const process = await processOf(client, name);
      if (processes.has(client) && processes.get(client) !== process) return true;
      processes.set(client, process);
    }
    await one.query('COMMIT');
    await other.query('COMMIT');
  }
  return false;
}

/** The backend that serves the connection now. @param name of the statement that the connection prepares. */
async function processOf(client: pg.Client, name: string): Promise<unknown> {
  const question = { name, text: 'SELECT pg_backend_pid()', rowMode: 'array' } as const;
  const { rows } = await client.query<[number]>(question);
  return rows[0]?.[0];
}
