import type { Inspection } from '../../inspection.ts';
import { readMigrations } from '../../migrations.ts';
import { Connections, type PostgresOptions } from './connections.ts';
import { checkEncoding, ENCODING } from './encoding.ts';

const CLOCK = 'SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint';

/** @throws StoreUnavailable, and an error when the database is not UTF-8. */
export async function inspect(options: PostgresOptions): Promise<Inspection> {
  const session = await new Connections(options, []).dedicated();
  try {
    const [found, clock, encoding, readOnly] = await session.run([
      { text: "SELECT to_regclass('schema_migrations') IS NOT NULL" },
      { text: CLOCK },
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
