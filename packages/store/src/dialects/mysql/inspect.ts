import { Database, NOW, type MysqlOptions } from '@resonate/drivers/mysql';
import type { Inspection } from '../../dialect.ts';
import { readMigrations } from '../../migrations.ts';

const EXISTS = `SELECT count(*) FROM information_schema.tables
  WHERE table_schema = DATABASE() AND table_name = 'migrations'`;
/** An interrupted migration does not count: the next start continues it. */
const APPLIED = 'SELECT max(version) FROM migrations WHERE finished = 1';

/** Variables of the server and of the session's transactions; MySQL and MariaDB name the second one differently. */
const READ_ONLY = "SHOW VARIABLES WHERE variable_name IN ('read_only', 'tx_read_only', 'transaction_read_only')";

/** @throws StoreUnavailable */
export async function inspect(options: MysqlOptions): Promise<Inspection> {
  const database = new Database({ ...options, poolSize: 1, mayBeReadOnly: true });
  try {
    const [found, clock, readOnly] = await database.run(EXISTS, `SELECT ${NOW}`, READ_ONLY);
    const [version] = Number(found?.[0]?.[0]) > 0 ? await database.run(APPLIED) : [];
    return {
      schemaVersion: Number(version?.[0]?.[0] ?? 0) || null,
      knownVersion: readMigrations('mysql').length,
      now: Number(clock?.[0]?.[0]),
      isReadOnly: readOnly?.some(([, value]) => value !== 'OFF') ?? false,
    };
  } finally {
    await database.close();
  }
}
