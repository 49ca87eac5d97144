import type { Loaded, Needs } from '@resonate/machine';
import {
  BatchConflict,
  type Decide,
  type Decision,
  type Dialect,
  type Leadership,
  type Pool,
  type Traffic,
} from '../../dialect.ts';
import type { ProcessInfo } from '../../processes.ts';
import type { OutboxSql, OutboxWrites } from '../../sql/outbox-sql.ts';
import type { PlainSql } from '../../sql/plain-sql.ts';
import { columnList, PROCESSES, RECORD_TABLES } from '../../tables.ts';
import type { Statement } from '../../sql/statement.ts';
import { sharedSql } from '../base.ts';
import { ServerDialect } from '../server/dialect.ts';
import { BATCH_STATEMENTS, transact } from './batch.ts';
import { Connections, type PostgresOptions } from './connections.ts';
import { ConnectionLost } from './errors.ts';
import { Election, ELECTION_STATEMENTS } from './election.ts';
import { array, CLOCK, Load, LOAD_STATEMENTS } from './load.ts';
import { migrate } from './migrate.ts';
import { OUTBOX_STATEMENTS, outboxOf, QUEUES, UNSYNCED } from './outbox.ts';
import type { Prepared, Query, Rows } from './pipeline.ts';
import { reindex } from './reindex.ts';
import { HINTS, WORDS } from './words.ts';
import { writes, WRITE_STATEMENTS } from './write.ts';

/** Of one batch. */
const ROUND_TRIPS = 2;
/** Building an index may take hours. */
const UNLIMITED_MS = 2 ** 31 - 1;

const DIALECT_STATEMENTS: Prepared[] = [
  ...Object.entries(sharedSql(HINTS)).map(([name, sql]) => ({ name, text: numbered(sql) })),
  {
    name: 'heartbeat',
    text: `INSERT INTO processes (${columnList(PROCESSES)})
      SELECT $1, $2, $3, $4, $5, $6, floor(extract(epoch FROM clock_timestamp()) * 1000), $7
      ON CONFLICT (id) DO UPDATE
      SET leader = excluded.leader, heartbeat_at = excluded.heartbeat_at, stats = excluded.stats`,
  },
  { name: 'remove_processes', text: 'DELETE FROM processes WHERE id = ANY($1::text[])' },
  { name: 'read_setting', text: 'SELECT value FROM settings WHERE key = $1' },
  {
    name: 'write_setting',
    text: 'INSERT INTO settings (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  },
];

export const PREPARED: readonly Prepared[] = [
  ...LOAD_STATEMENTS,
  ...WRITE_STATEMENTS,
  ...BATCH_STATEMENTS,
  ...OUTBOX_STATEMENTS,
  ...ELECTION_STATEMENTS,
  ...DIALECT_STATEMENTS,
];

const NAMES = new Map(PREPARED.map(({ name, text }) => [text, name]));

/** Postgres 14 and newer, shared by any number of processes. */
export class PostgresDialect extends ServerDialect implements Dialect {
  readonly name = 'postgres';
  readonly isShared = true;
  readonly answersWithinMs: number;
  readonly traffic: Readonly<Traffic>;
  readonly pool: Readonly<Pool>;
  readonly #connections: Connections;
  readonly outbox: OutboxSql = outboxOf((statements) => this.select(statements));
  readonly #election: Election;
  readonly #byLease: boolean;
  readonly plain: PlainSql = {
    words: WORDS,
    select: (statements) => this.select(statements),
    // Statements that are sent together are one transaction.
    atomically: (statements) => this.#connections.run(statements.map(query)),
    decided: (reads, decide) =>
      this.#connections.use(async (session) => {
        session.inTransaction = true;
        const [, ...results] = await session.run([{ name: 'begin' }, ...reads.map(query)]);
        const writes = decide(results);
        if (writes.length === 0) return;
        await session.run([...writes.map(query), { name: 'commit' }]);
        session.inTransaction = false;
      }),
  };
  protected readonly queues = QUEUES;

  /** Connects on first use. @param byLease elects by lease row instead of by advisory lock. */
  constructor(options: PostgresOptions, byLease = false) {
    super(HINTS);
    this.#connections = new Connections(options, PREPARED);
    this.answersWithinMs = ROUND_TRIPS * this.#connections.answerMs;
    this.traffic = this.#connections.traffic;
    this.pool = this.#connections.pool;
    this.#election = new Election(this.#connections);
    this.#byLease = byLease;
  }

  async migrate(): Promise<void> {
    const session = await this.#connections.dedicated(UNLIMITED_MS);
    await migrate(session).finally(() => session.end());
  }

  transact<Result>(needs: Needs, decide: Decide<Result>): Promise<Decision<Result>> {
    return transact(this.#connections, needs, decide);
  }

  async load(needs: Needs): Promise<{ loaded: Loaded; now: number }> {
    const load = new Load(needs, false);
    load.take(await this.#connections.read(load.queries));
    return load;
  }

  async rewrite<Result>(
    reads: readonly Statement[],
    decide: (rows: unknown[][][], now: number) => OutboxWrites<Result>,
  ): Promise<Result> {
    return this.#connections.use(async (session) => {
      session.inTransaction = true;
      const [, , ...rows] = await session
        .run([{ name: 'begin' }, UNSYNCED, ...reads.map(query), CLOCK])
        .catch((error: unknown) => {
          throw error instanceof ConnectionLost && !error.isFrozen ? new BatchConflict(error.message) : error;
        });
      const now = Number(rows.pop()?.[0]?.[0]);
      const { tasks, listeners, also = [], result } = decide(rows, now);
      const written = writes({ tasks: { inserts: [], updates: [...tasks], deletes: [] }, listeners });
      const answers = await session.run([...written, ...also.map(query), { name: 'commit' }]);
      session.inTransaction = false;
      return result(answers.slice(written.length, -1));
    });
  }

  async now(): Promise<number> {
    return Number((await this.#read(CLOCK))[0]?.[0]);
  }

  elect(role: string, processId: string): Promise<Leadership | null> {
    return this.#byLease ? this.#election.electByLease(role, processId) : this.#election.electByLock(role);
  }

  async heartbeat({ id, role, version, host, startedAt, leader, stats }: ProcessInfo): Promise<void> {
    const values = [id, role, version, host, String(startedAt), leader ? '1' : '0', stats ?? null];
    await this.#connections.read([UNSYNCED, { name: 'heartbeat', values }]);
  }

  async removeProcesses(ids: readonly string[]): Promise<void> {
    await this.#connections.run([{ name: 'remove_processes', values: [array(ids)] }]);
  }

  reindex(signal: AbortSignal): Promise<number> {
    return reindex(this.#connections, signal);
  }

  async reset(): Promise<void> {
    await this.#connections.run([{ text: `TRUNCATE ${RECORD_TABLES.join(', ')}` }]);
  }

  async readSetting(key: string): Promise<string | null> {
    return (await this.#read({ name: 'read_setting', values: [key] }))[0]?.[0] ?? null;
  }

  async writeSetting(key: string, value: string): Promise<void> {
    await this.#connections.run([{ name: 'write_setting', values: [key, value] }]);
  }

  async close(): Promise<void> {
    await Promise.all([this.#election.close(), this.#connections.close()]);
  }

  protected select(statements: Statement[]): Promise<unknown[][][]> {
    return this.#connections.snapshot(statements.map(query));
  }

  async #read(query: Query): Promise<Rows> {
    return (await this.#connections.read([query]))[0] ?? [];
  }
}

/** A prepared one where there is one. */
function query({ sql, params }: Statement): Query {
  const text = numbered(sql);
  const name = NAMES.get(text);
  const values = params.map((param) => (param === null ? null : String(param)));
  return name === undefined ? { text, values } : { name, values };
}

/** Parameters as Postgres writes them: $1, $2. */
export function numbered(sql: string): string {
  let place = 0;
  return sql.replaceAll('?', () => `$${++place}`);
}
