import { ConnectionLost } from '@resonate/drivers';
import { Connections, reindex, type PostgresOptions, type Query, type Session } from '@resonate/drivers/postgres';
import type { Dialect, Leadership } from '../../dialect.ts';
import type { OutboxSql } from '../../sql/outbox-sql.ts';
import type { Statement } from '../../sql/statement.ts';
import { ALL_TABLES } from '../../tables.ts';
import { atomicallyOn, ServerDialect } from '../server/dialect.ts';
import { forgetConnections, happened } from './batches.ts';
import { Election } from './election.ts';
import { migrate } from './migrate.ts';
import { outboxOf } from './outbox.ts';
import { PLANNING, PREPARED, SQL } from './statements.ts';

/** Postgres 14 and newer, shared by any number of processes. */
export class PostgresDialect extends ServerDialect<Query, Session> implements Dialect {
  readonly name = 'postgres';
  readonly outbox: OutboxSql = outboxOf((statements) => this.select(statements));
  /** As long as one statement may take. */
  protected readonly patienceMs: number;
  readonly #connections: Connections;
  readonly #election: Election;
  /** One connection, so that a leader can renew its term while all others are busy. */
  readonly #leases: Connections;
  readonly #byLease: boolean;

  /** Connects on first use. @param byLease elects by lease row instead of by advisory lock. */
  constructor(options: PostgresOptions, byLease = false) {
    const connections = new Connections(options, { prepared: PREPARED, settings: PLANNING });
    super(connections, SQL, byLease);
    this.#connections = connections;
    this.#byLease = byLease;
    this.patienceMs = options.statementTimeoutMs;
    this.#election = new Election(connections);
    this.#leases = new Connections({ ...options, poolSize: 1 }, { prepared: PREPARED, settings: PLANNING });
  }

  async migrate(): Promise<void> {
    await this.#connections.check(this.#byLease);
    // Building an index may take hours.
    const session = await this.#connections.dedicated(Infinity);
    try {
      await migrate(session);
    } finally {
      await session.end();
    }
  }

  forgetConnections(): Promise<void> {
    return forgetConnections(this.#connections);
  }

  reindex(signal: AbortSignal): Promise<number> {
    return reindex(this.#connections, signal, ALL_TABLES);
  }

  async close(): Promise<void> {
    await Promise.all([this.#election, this.#connections, this.#leases].map((one) => one.close()));
  }

  protected mayHaveCommitted(error: unknown): boolean {
    return error instanceof ConnectionLost;
  }

  protected happened(lost: Session, now: number): Promise<boolean> {
    return happened(this.#connections, lost, now);
  }

  protected electByLock(role: string): Promise<Leadership | null> {
    return this.#election.elect(role);
  }

  protected lease(statements: Statement[]): Promise<unknown[][][]> {
    return atomicallyOn(this.#leases, SQL, statements);
  }
}
