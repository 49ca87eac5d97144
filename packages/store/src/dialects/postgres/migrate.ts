import type { Session } from '@resonate/drivers/postgres';
import { pendingMigrations, readMigrations } from '../../migrations.ts';

const LOCK = "pg_advisory_xact_lock(hashtextextended('resonate migrations ' || current_schema(), 0))";

/**
 * Applies the missing migrations in one transaction. It takes a lock, so that one process at a time does this.
 * @throws when the database is newer than the program; then nothing was changed.
 */
export async function migrate(session: Session): Promise<void> {
  try {
    const results = await session.run([
      { text: 'BEGIN ISOLATION LEVEL READ COMMITTED' },
      // Another process may be building an index for longer than any other statement may take.
      { text: 'SET LOCAL statement_timeout = 0' },
      { text: `SELECT ${LOCK}` },
      {
        text: `CREATE TABLE IF NOT EXISTS schema_migrations
          (version bigint PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
      },
      { text: 'SELECT COALESCE(max(version), 0) FROM schema_migrations' },
    ]);
    const applied = Number(results[4]?.[0]?.[0]);
    for (const { version, name, sql } of pendingMigrations(readMigrations('postgres'), applied)) {
      await session.script(sql);
      const record = 'INSERT INTO schema_migrations (version, name) VALUES ($1, $2)';
      await session.run([{ text: record, values: [String(version), name] }]);
    }
    await session.run([{ text: 'COMMIT' }]);
  } finally {
    await session.rollback();
  }
}
