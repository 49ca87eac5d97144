import { Connections, type PostgresOptions } from '@resonate/drivers/postgres';
import type { Inspection } from '../../dialect.ts';
import { readMigrations } from '../../migrations.ts';
import { CLOCK_MS } from './outbox.ts';

/** @throws StoreUnavailable, and an error when a server could not use the database. */
export async function inspect(options: PostgresOptions, byLease: boolean): Promise<Inspection> {
  const connections = new Connections(options);
  await connections.check(byLease);
  const session = await connections.dedicated();
  try {
    const [found, clock, readOnly] = await session.run([
      { text: "SELECT to_regclass('schema_migrations') IS NOT NULL" },
      { text: `SELECT ${CLOCK_MS}` },
      { text: 'SHOW transaction_read_only' },
    ]);
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
