import { createHash } from 'node:crypto';
import { StoreUnavailable } from '@resonate/drivers';
import { errnoOf, list, quote, type Database, type Session } from '@resonate/drivers/mysql';
import { pendingMigrations, type Migration } from '../../migrations.ts';
import { flag, int, intOrNull } from '../../sql/read.ts';

/** How long a process waits for others that migrate at the same time. */
const LOCK_WAIT_MS = 120_000;
/** The server frees the lock of a process that sends nothing for this long, because that process is gone. */
const SILENCE_S = 10;

/** Errors of a statement that an interrupted run had already executed: what it creates exists, or what it drops is gone. */
const ALREADY_DONE = new Set([1050, 1051, 1060, 1061, 1091]);

const CREATE_MIGRATIONS = `CREATE TABLE IF NOT EXISTS migrations (
  version BIGINT NOT NULL PRIMARY KEY,
  name VARCHAR(255) NOT NULL,
  steps_done BIGINT NOT NULL,
  step_under_way BIGINT,
  finished TINYINT NOT NULL
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`;

/** The name of a lock. Names of GET_LOCK belong to the whole server and have at most 64 characters. */
export function lockName(database: string, purpose: string): string {
  const digest = createHash('sha256').update(`${database}/${purpose}`).digest('hex');
  return `resonate-${digest.slice(0, 40)}`;
}

/**
 * Brings the schema up to date; one process at a time. MySQL commits each DDL statement by itself, so each statement is
 * recorded before it runs. After a crash the next process continues with the interrupted one.
 */
export async function migrate(database: Database, migrations: Migration[]): Promise<void> {
  // Repeated if the connection is lost: it continues with the interrupted statement.
  await database.repeat(async (session) => {
    try {
      await session.run([`SET SESSION wait_timeout = ${SILENCE_S}`]);
      await lock(session, quote(lockName(database.name, 'migrate')));
      // An ALTER of a large table may take hours.
      await session.unlimited();
      const select = 'SELECT version, steps_done, step_under_way, finished FROM migrations ORDER BY version';
      const [, applied = []] = await session.run([CREATE_MIGRATIONS, select]);
      const last = applied.at(-1) ?? [0, 0, null, 1];
      const [version, done, finished] = [int(last[0]), int(last[1]), flag(last[3])];
      const underWay = intOrNull(last[2]);
      const pending = pendingMigrations(migrations, version);
      const interrupted = finished ? undefined : migrations[version - 1];
      if (interrupted) await apply(session, interrupted, done, underWay);
      for (const migration of pending) await apply(session, migration, 0, null);
    } finally {
      // This also frees the lock.
      session.destroy();
    }
  });
}

async function lock(session: Session, name: string): Promise<void> {
  const until = performance.now() + LOCK_WAIT_MS;
  for (;;) {
    const [answer] = await session.run([`SELECT GET_LOCK(${name}, 1)`]);
    if (int(answer?.[0]?.[0]) === 1) return;
    if (performance.now() > until)
      throw new StoreUnavailable(`another process has been migrating the schema for over ${LOCK_WAIT_MS / 1000} s`);
  }
}

/**
 * @param done how many statements an interrupted run had executed.
 * @param underWay the number of the next one, if it may have been executed; else null.
 */
async function apply(session: Session, migration: Migration, done: number, underWay: number | null): Promise<void> {
  const { version, name, sql } = migration;
  const steps = sql.split(/;\s*$/m).filter((step) => /^\s*[^\s-]/m.test(step));
  const note = (stepsDone: number, step: number | null, finished: 0 | 1) =>
    session.run([
      `REPLACE INTO migrations (version, name, steps_done, step_under_way, finished)
       VALUES ${list([version, name, stepsDone, step, finished])}`,
    ]);
  for (const [index, step] of steps.entries()) {
    if (index < done) continue;
    await note(index, index + 1, 0);
    try {
      await session.run([step]);
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === null) throw error;
      if (underWay !== index + 1 || !ALREADY_DONE.has(errno)) {
        await note(index, null, 0);
        throw error;
      }
    }
  }
  await note(steps.length, null, 1);
}
