import pg from 'pg';
import { toStoreError } from './errors.ts';

const DESCRIPTION = "SELECT current_setting('server_encoding'), version()";
/**
 * What batches of the store use, and databases that only speak the protocol of Postgres lack: the version of a row, and
 * when the server started. The query reads no row.
 */
const NEEDED = 'SELECT xmin, pg_postmaster_start_time() FROM pg_class LIMIT 0';

/**
 * Refuses a database that the store cannot use. Without this check its first batch would fail, or damage texts.
 * @throws an Error that names the database and what is wrong with it. StoreUnavailable when the connection breaks.
 */
export async function checkRequirements(client: pg.Client): Promise<void> {
  const { rows } = await ask<[string, string]>(client, DESCRIPTION);
  const [encoding = '', version = ''] = rows[0] ?? [];
  await ask(client, NEEDED).catch((error: unknown) => {
    if (!(error instanceof pg.DatabaseError)) throw error;
    throw new Error(
      `the database is ${productOf(version)}, which lacks what this server needs (${error.message}): use Postgres 14 or newer`,
      { cause: error },
    );
  });
  if (encoding === 'UTF8') return;
  throw new Error(
    `the Postgres database has the encoding ${encoding}, but it must be UTF8: create it with CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0`,
  );
}

/** A name that its users know. YugabyteDB says only `PostgreSQL 15.12-YB-2025.1.0.0-b0 on …`. */
function productOf(version: string): string {
  const yugabyte = /-YB-(\S+)/.exec(version);
  return yugabyte ? `YugabyteDB ${yugabyte[1]}` : version;
}

/** A refusal stays a `DatabaseError`. */
function ask<Row extends unknown[]>(client: pg.Client, text: string): Promise<pg.QueryResult<Row>> {
  return client.query<Row>({ text, rowMode: 'array' }).catch((error: unknown) => {
    throw toStoreError(error);
  });
}
