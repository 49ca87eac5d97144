import type { Rows } from '@resonate/drivers';
import { Connections, type PostgresOptions, type Query } from '@resonate/drivers/postgres';
import type { Inspection } from '../../dialect.ts';
import { readMigrations } from '../../migrations.ts';
import { CLOCK_MS } from './outbox.ts';

/** Asks for the database's encoding; its answer is for `checkEncoding`. */
export const ENCODING: Query = { text: 'SHOW server_encoding' };

/** @throws when the database is not UTF-8: texts of clients would be refused or stored damaged. */
export function checkEncoding(answer: Rows | undefined): void {
  const encoding = String(answer?.[0]?.[0]);
  if (encoding === 'UTF8') return;
  throw new Error(
    `the Postgres database has the encoding ${encoding}, but it must be UTF8: create it with CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0`,
  );
}

/** @throws StoreUnavailable, and an error when the database is not UTF-8. */
export async function inspect(options: PostgresOptions): Promise<Inspection> {
  const session = await new Connections(options).dedicated();
  try {
    const [found, clock, encoding, readOnly] = await session.run([
      { text: "SELECT to_regclass('schema_migrations') IS NOT NULL" },
      { text: `SELECT ${CLOCK_MS}` },
      ENCODING,
      { text: 'SHOW transaction_read_only' },
    ]);
    checkEncoding(encoding);
    const isThere = found?.[0]?.[0] === 't';
    const [version] = isThere ? await session.run([{ text: 'SELECT max(version) FROM schema_migrations' }]) : [];
    return {
      schemaVersion: Number(version?.[0]?.[0] ?? 0) || null,
      knownVersion: readMigrations('postgres').length,
      now: Number(clock?.[0]?.[0]),
      isReadOnly: readOnly?.[0]?.[0] === 'on',
    };
  } finally {
    await session.end();
  }
}
