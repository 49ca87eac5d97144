import { createHash } from 'node:crypto';
import { StoreUnavailable } from '../../dialect.ts';
import { pendingMigrations, readMigrations, type Migration } from '../../migrations.ts';
import type { Database, Session } from './connection.ts';
import { list, quote } from './literal.ts';

/** How long a process waits for others that migrate at the same time. */
const LOCK_WAIT_MS = 120_000;

/** What the statement of a migration answers when an interrupted run had already carried it out: it exists, or is gone. */
const ALREADY_DONE = new Set([1050, 1051, 1060, 1061, 1091]);

const CREATE_MIGRATIONS = `CREATE TABLE IF NOT EXISTS migrations (
  version BIGINT NOT NULL PRIMARY KEY,
  name VARCHAR(255) NOT NULL,
  steps_begun BIGINT NOT NULL,
  finished TINYINT NOT NULL
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`;

/** The name of a lock of ours: GET_LOCK's names are the whole server's, and at most 64 characters. */
export function lockName(database: string, purpose: string): string {
  const digest = createHash('sha256').update(`${database}/${purpose}`).digest('hex');
  return `resonate-${digest.slice(0, 40)}`;
}

/**
 * Brings the schema up to date; one process at a time. DDL commits by itself here, so each statement is noted before
 * it runs: whoever comes after a crash goes on with the interrupted one.
 */
export async function migrate(database: Database, folder: string): Promise<void> {
  const migrations = readMigrations(folder);
  await database.use(async (session) => {
    try {
      await lock(session, quote(lockName(database.name, 'migrate')));
      // An ALTER of a big table takes its time.
      await session.unlimited();
      const select = 'SELECT version, steps_begun, finished FROM migrations ORDER BY version';
      const [, applied] = await session.run(CREATE_MIGRATIONS, select);
      const rows = (applied?.rows ?? []) as number[][];
      const [version = 0, begun = 0, finished = 1] = rows.at(-1) ?? [];
      const pending = pendingMigrations(migrations, version);
      const interrupted = finished ? undefined : migrations[version - 1];
      if (interrupted) await apply(session, interrupted, begun);
      for (const migration of pending) await apply(session, migration, 0);
    } finally {
      // Its lock and its limits go with it.
      session.destroy();
    }
  });
}

async function lock(session: Session, name: string): Promise<void> {
  const until = performance.now() + LOCK_WAIT_MS;
  for (;;) {
    const [answer] = await session.run(`SELECT GET_LOCK(${name}, 1)`);
    if (Number(answer?.rows[0]?.[0]) === 1) return;
    if (performance.now() > until)
      throw new StoreUnavailable('another process has been migrating the schema for minutes');
  }
}

/** @param begun how many statements an interrupted run had begun; the last of them may have been carried out or not. */
async function apply(session: Session, { version, name, sql }: Migration, begun: number): Promise<void> {
  const steps = sql.split(/;\s*$/m).filter((step) => /^\s*[^\s-]/m.test(step));
  const note = (steps_begun: number, finished: 0 | 1) =>
    `INSERT INTO migrations (version, name, steps_begun, finished) VALUES ${list([version, name, steps_begun, finished])}
     ON DUPLICATE KEY UPDATE steps_begun = ${steps_begun}, finished = ${finished}`;
  for (let step = Math.max(begun, 1); step <= steps.length; step++) {
    await session.run(note(step, 0));
    await session.run(steps[step - 1] ?? '').catch((error: unknown) => {
      const { errno = 0 } = error as { errno?: number };
      if (step !== begun || !ALREADY_DONE.has(errno)) throw error;
    });
  }
  await session.run(note(steps.length, 1));
}
