import type { Inspection } from '../../inspection.ts';
import { readMigrations } from '../../migrations.ts';
import { Database, type MysqlOptions } from './connection.ts';
import { NOW } from './load.ts';

const EXISTS = `SELECT count(*) FROM information_schema.tables
  WHERE table_schema = DATABASE() AND table_name = 'migrations'`;
/** One that was interrupted goes on at the next start. */
const APPLIED = 'SELECT max(version) FROM migrations WHERE finished = 1';

/** @throws StoreUnavailable */
export async function inspect(options: MysqlOptions): Promise<Inspection> {
  const database = new Database({ ...options, poolSize: 1 });
  try {
    const [found, clock] = await database.run(EXISTS, `SELECT ${NOW}`);
    const [version] = Number(found?.rows[0]?.[0]) > 0 ? await database.run(APPLIED) : [];
    return {
      schemaVersion: Number(version?.rows[0]?.[0] ?? 0) || null,
      knownVersion: readMigrations('mysql').length,
      now: Number(clock?.rows[0]?.[0]),
    };
  } finally {
    await database.close();
  }
}
