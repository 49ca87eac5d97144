import { StoreUnavailable } from '@resonate/drivers';
import { Database, type MysqlOptions, type Session } from '@resonate/drivers/mysql';
import type { Dialect, Leadership } from '../../dialect.ts';
import { readMigrations } from '../../migrations.ts';
import type { OutboxSql } from '../../sql/outbox-sql.ts';
import type { Statement } from '../../sql/statement.ts';
import { atomicallyOn, ServerDialect } from '../server/dialect.ts';
import { forgetConnections, happened } from './batches.ts';
import { electByLock } from './elect.ts';
import { migrate } from './migrate.ts';
import { outboxOf } from './outbox.ts';
import { SQL } from './statements.ts';

const ELECTION_CONNECTIONS = 2;
const OUTCOME_CONNECTIONS = 2;

/** MySQL 8.0 and MariaDB 10.6 and newer, with SQL that both understand. */
export class MysqlDialect extends ServerDialect<string, Session> implements Dialect {
  readonly name = 'mysql';
  /** Key columns have 1,020 bytes, 4 per character. An index holds three of them at most. */
  readonly maxIdLength = 255;
  readonly outbox: OutboxSql;
  /** A server that restarts needs about this long to recover. */
  protected readonly patienceMs = 30_000;
  readonly #database: Database;
  /** A pool of its own, so that a leader can renew its term while all other connections are busy. */
  readonly #election: Database;
  /** Asks whether a batch was committed. The other connections may all be held by batches that wait for this answer. */
  readonly #outcomes: Database;

  /** Connects on first use. @throws when the URL is not one. */
  constructor(options: MysqlOptions & { election: 'advisory' | 'lease' }) {
    const database = new Database(options);
    super(database, SQL, options.election === 'lease');
    this.#database = database;
    this.#election = new Database({ ...options, poolSize: ELECTION_CONNECTIONS });
    this.#outcomes = new Database({ ...options, poolSize: OUTCOME_CONNECTIONS });
    this.outbox = outboxOf(database);
  }

  migrate(): Promise<void> {
    return migrate(this.#database, readMigrations('mysql'));
  }

  forgetConnections(): Promise<void> {
    return forgetConnections(this.#database);
  }

  async close(): Promise<void> {
    await Promise.all([this.#database, this.#election, this.#outcomes].map((database) => database.close()));
  }

  /** After any such error during the commit, only the number in `batches` says what happened. */
  protected mayHaveCommitted(error: unknown): boolean {
    return error instanceof StoreUnavailable;
  }

  protected happened(lost: Session): Promise<boolean> {
    return happened(this.#outcomes, lost);
  }

  protected electByLock(role: string): Promise<Leadership | null> {
    return electByLock(this.#election, role);
  }

  protected lease(statements: Statement[]): Promise<unknown[][][]> {
    return atomicallyOn(this.#election, SQL, statements);
  }
}
