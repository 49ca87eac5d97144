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
import { readMigrations } from '../../migrations.ts';
import type { OutboxSql, OutboxWrites } from '../../sql/outbox-sql.ts';
import type { PlainSql } from '../../sql/plain-sql.ts';
import { PROCESSES, RECORD_TABLES } from '../../tables.ts';
import type { Statement } from '../../sql/statement.ts';
import { ServerDialect } from '../server/dialect.ts';
import { electByLease } from '../term.ts';
import { BEGIN, COMMIT, ConnectionLost, Database, type MysqlOptions, type Result } from './connection.ts';
import { electByLock, leaseTable } from './elect.ts';
import { inline, list, quote } from './literal.ts';
import { fetches, loadedFrom, NOW } from './load.ts';
import { migrate } from './migrate.ts';
import * as outbox from './outbox.ts';
import { forgetOldBatches, transact } from './transact.ts';
import { HINTS, WORDS } from './words.ts';
import { upsert, writes } from './write.ts';
import { int } from '../../sql/read.ts';

const ELECTION_CONNECTIONS = 2;
/** Of one batch. */
const ROUND_TRIPS = 2;

/** MySQL 8.0 and MariaDB 10.6, by SQL that both understand. */
export class MysqlDialect extends ServerDialect implements Dialect {
  readonly name = 'mysql';
  readonly isShared = true;
  readonly answersWithinMs: number;
  /** 1020 bytes in the key columns, of which an index holds three. */
  readonly maxIdLength = 255;
  readonly traffic: Readonly<Traffic>;
  readonly pool: Readonly<Pool>;
  readonly #database: Database;
  readonly #election: Database;
  readonly #byLease: boolean;
  readonly plain: PlainSql = {
    words: WORDS,
    select: (statements) => this.select(statements),
    atomically: async (statements) => {
      const texts = statements.map(({ sql, params }) => inline(sql, params));
      const results = await this.#database.run(BEGIN, ...texts, COMMIT);
      return results.slice(1, -1).map(({ rows }) => rows);
    },
    decided: (reads, decide) =>
      this.#database.repeat(async (session) => {
        const [, ...results] = await session.run(BEGIN, ...reads.map(({ sql, params }) => inline(sql, params)));
        const writes = decide(results.map(({ rows }) => rows));
        if (writes.length > 0) await session.run(...writes.map(({ sql, params }) => inline(sql, params)), COMMIT);
      }),
  };
  readonly outbox: OutboxSql;
  protected readonly queues = outbox.QUEUES;

  /** Connects on first use. @throws when the URL is not one. */
  constructor(options: MysqlOptions & { election: 'advisory' | 'lease' }) {
    super(HINTS);
    this.#database = new Database(options);
    this.answersWithinMs = ROUND_TRIPS * this.#database.answerMs;
    this.outbox = outbox.outboxOf(this.#database);
    this.traffic = this.#database.traffic;
    this.pool = this.#database.pool;
    this.#election = new Database({ ...options, poolSize: ELECTION_CONNECTIONS });
    this.#byLease = options.election === 'lease';
  }

  async migrate(): Promise<void> {
    await migrate(this.#database, readMigrations('mysql'));
    await forgetOldBatches(this.#database);
  }

  transact<Result>(needs: Needs, decide: Decide<Result>): Promise<Decision<Result>> {
    return transact(this.#database, needs, decide);
  }

  async load(needs: Needs): Promise<{ loaded: Loaded; now: number }> {
    const found = fetches(needs, false);
    const results = await this.#snapshot([...found.map(({ sql }) => sql), `SELECT ${NOW}`]);
    const now = int(results.pop()?.rows[0]?.[0]);
    return { loaded: loadedFrom(found, results), now };
  }

  async rewrite<Result>(
    reads: readonly Statement[],
    decide: (rows: unknown[][][], now: number) => OutboxWrites<Result>,
  ): Promise<Result> {
    return this.#database.use(async (session) => {
      const text = ({ sql, params }: Statement) => inline(sql, params);
      const [, ...locked] = await session.run(BEGIN, ...reads.map(text), `SELECT ${NOW}`).catch((error: unknown) => {
        throw error instanceof ConnectionLost ? new BatchConflict(error.message) : error;
      });
      const now = Number(locked.pop()?.rows[0]?.[0]);
      const {
        tasks,
        listeners,
        also = [],
        result,
      } = decide(
        locked.map(({ rows }) => rows),
        now,
      );
      const written = writes({ tasks: { inserts: [], updates: [...tasks], deletes: [] }, listeners });
      const answers = await session.run(...written, ...also.map(text), COMMIT);
      return result(answers.slice(written.length, -1).map(({ rows }) => rows));
    });
  }

  async now(): Promise<number> {
    return (await this.#value<number>(`SELECT ${NOW}`)) ?? NaN;
  }

  elect(role: string, processId: string): Promise<Leadership | null> {
    if (this.#byLease) return electByLease(leaseTable(this.#election), role, processId);
    return electByLock(this.#election, role);
  }

  async heartbeat(info: ProcessInfo): Promise<void> {
    const heartbeatAt = await this.now();
    await this.#database.run(upsert(PROCESSES, [{ ...info, heartbeatAt }]));
  }

  async removeProcesses(ids: readonly string[]): Promise<void> {
    await this.#database.run(`DELETE FROM processes WHERE id IN ${list([...ids, null])}`);
  }

  async reset(): Promise<void> {
    await this.#database.run(BEGIN, ...RECORD_TABLES.map((table) => `DELETE FROM ${table}`), COMMIT);
  }

  readSetting(key: string): Promise<string | null> {
    return this.#value(`SELECT value FROM settings WHERE name = ${quote(key)}`);
  }

  async writeSetting(key: string, value: string): Promise<void> {
    const row = list([key, value]);
    await this.#database.run(
      `INSERT INTO settings (name, value) VALUES ${row} ON DUPLICATE KEY UPDATE value = VALUES(value)`,
    );
  }

  async close(): Promise<void> {
    await Promise.all([this.#database.close(), this.#election.close()]);
  }

  /** Several statements see the database as it was at one moment. */
  async #snapshot(statements: string[]): Promise<Result[]> {
    const isolation = 'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ';
    const begin = `${BEGIN} WITH CONSISTENT SNAPSHOT, READ ONLY`;
    const [, , ...results] = await this.#database.run(isolation, begin, ...statements, COMMIT);
    return results.slice(0, -1);
  }

  protected async select(statements: Statement[]): Promise<unknown[][][]> {
    const texts = statements.map(({ sql, params }) => inline(sql, params));
    const results = texts.length === 1 ? await this.#database.run(...texts) : await this.#snapshot(texts);
    return results.map(({ rows }) => rows);
  }

  async #value<T>(sql: string): Promise<T | null> {
    return ((await this.#database.run(sql))[0]?.rows[0]?.[0] ?? null) as T | null;
  }
}
