import { join } from 'node:path';
import type {
  Loaded,
  Needs,
  PromiseQuery,
  PromiseRow,
  ScheduleQuery,
  ScheduleRow,
  TaskQuery,
  TaskRow,
} from '@resonate/machine';
import type { Transport } from '@resonate/protocol';
import type {
  Claim,
  Claimed,
  Dialect,
  DueTimer,
  DueTimers,
  Leadership,
  Outcome,
  ProcessInfo,
  ProcessRow,
  Traffic,
  WaitingTarget,
} from '../../dialect.ts';
import { CALLBACKS, columnList, LISTENERS, PROCESSES, PROMISES, SCHEDULES, TASKS, type Table } from '../../tables.ts';
import { searchPromises, searchTasks, type Searchable } from '../search-sql.ts';
import { releaseClaims } from '../server/release.ts';
import { electByLease } from '../term.ts';
import { BEGIN, COMMIT, Database, type MysqlOptions, type Result } from './connection.ts';
import { electByLock, leaseTable } from './elect.ts';
import { list, quote } from './literal.ts';
import { fetches, loadedFrom, NOW } from './load.ts';
import { migrate } from './migrate.ts';
import * as outbox from './outbox.ts';
import { SEARCH_SQL, withValues } from './search.ts';
import { forgetOldBatches, transact } from './transact.ts';
import { upsert } from './write.ts';

const MIGRATIONS = join(import.meta.dirname, 'migrations');
const EMPTIED = ['promises', 'promise_tags', 'tasks', 'callbacks', 'listeners', 'schedules'];
const ELECTION_CONNECTIONS = 2;

/** MySQL 8.0 and MariaDB 10.6, by SQL that both understand. */
export class MysqlDialect implements Dialect {
  readonly name = 'mysql';
  /** 1020 bytes in the key columns, of which an index holds three. */
  readonly maxIdLength = 255;
  readonly traffic: Readonly<Traffic>;
  readonly #database: Database;
  readonly #election: Database;
  readonly #byLease: boolean;
  readonly #searchable: Searchable = {
    ...SEARCH_SQL,
    run: async (statements) => (await this.#snapshot(statements.map(withValues))).map(({ rows }) => rows),
  };

  /** Connects on first use. @throws when the URL is not one. */
  constructor(options: MysqlOptions & { election: 'advisory' | 'lease' }) {
    this.#database = new Database(options);
    this.traffic = this.#database.traffic;
    this.#election = new Database({ ...options, poolSize: ELECTION_CONNECTIONS });
    this.#byLease = options.election === 'lease';
  }

  async migrate(): Promise<void> {
    await migrate(this.#database, MIGRATIONS);
    await forgetOldBatches(this.#database);
  }

  transact(needs: Needs, decide: Parameters<Dialect['transact']>[1]): Promise<void> {
    return transact(this.#database, needs, decide);
  }

  async load(needs: Needs): Promise<{ loaded: Loaded; now: number }> {
    const found = fetches(needs, false);
    const results = await this.#snapshot([...found.map(({ sql }) => sql), `SELECT ${NOW}`]);
    const now = results.pop()?.rows[0]?.[0] as number;
    return { loaded: loadedFrom(found, results), now };
  }

  async searchPromises(query: PromiseQuery): Promise<PromiseRow[]> {
    return searchPromises(query, this.#searchable);
  }

  async searchTasks(query: TaskQuery): Promise<TaskRow[]> {
    return searchTasks(query, this.#searchable);
  }

  async searchSchedules({ after, limit }: ScheduleQuery): Promise<ScheduleRow[]> {
    const where = `id > ${quote(after ?? '')} ORDER BY id LIMIT ${limit}`;
    return this.#select(SCHEDULES, `SELECT ${columnList(SCHEDULES)} FROM schedules WHERE ${where}`);
  }

  async dueTimers(now: number, limit: number): Promise<DueTimers> {
    const due = (what: string, from: string, at: string) =>
      `SELECT ${what} FROM ${from} ${at} <= ${now} ORDER BY ${at} LIMIT ${limit}`;
    const [promises, leases, schedules] = await this.#database.run(
      due('id, timeout_at', "promises FORCE INDEX (promises_timeout) WHERE state = 'pending' AND", 'timeout_at'),
      due('id, due_at', "tasks FORCE INDEX (tasks_lease) WHERE state = 'acquired' AND", 'due_at'),
      due(columnList(SCHEDULES), 'schedules WHERE', 'next_run_at'),
    );
    const timers = (result?: Result): DueTimer[] =>
      ((result?.rows ?? []) as [string, number][]).map(([id, at]) => ({ id, at }));
    return { promises: timers(promises), leases: timers(leases), schedules: decoded(SCHEDULES, schedules) };
  }

  async nextTimerAt(): Promise<number | null> {
    return this.#value(
      `SELECT MIN(at) FROM (
         SELECT MIN(timeout_at) AS at FROM promises WHERE state = 'pending'
         UNION ALL SELECT MIN(due_at) FROM tasks WHERE state = 'acquired'
         UNION ALL SELECT MIN(next_run_at) FROM schedules) timers`,
    );
  }

  claim(claim: Claim): Promise<Claimed> {
    return this.#database.repeat((session) => outbox.claim(session, claim));
  }

  waitingTargets(transport: Transport, limit: number, after = ''): Promise<WaitingTarget[]> {
    return outbox.waitingTargets(this.#database, transport, limit, after);
  }

  countDue(transport: Transport, targets: readonly string[], limit: number): Promise<number> {
    return outbox.countDue(this.#database, transport, targets, limit);
  }

  nextDeliveryAt(transport: Transport, targets: readonly string[]): Promise<number | null> {
    return outbox.nextDeliveryAt(this.#database, transport, targets);
  }

  async acknowledge(outcomes: readonly Outcome[], processId: string): Promise<void> {
    if (outcomes.length > 0) await outbox.acknowledge(this.#database, outcomes, processId);
  }

  releaseClaims(processIds: readonly string[] | null): Promise<number> {
    const holder = {
      heldClaims: (ids: readonly string[] | null) => outbox.heldClaims(this.#database, ids),
      acknowledge: (outcomes: readonly Outcome[], processId: string) => this.acknowledge(outcomes, processId),
    };
    return releaseClaims(holder, processIds);
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

  processes(): Promise<ProcessRow[]> {
    return this.#select(PROCESSES, `SELECT ${columnList(PROCESSES)} FROM processes ORDER BY id`);
  }

  async removeProcesses(ids: readonly string[]): Promise<void> {
    await this.#database.run(`DELETE FROM processes WHERE id IN ${list([...ids, null])}`);
  }

  async dump(): Promise<Loaded> {
    const all = <Row>({ name, key, columns }: Table<Row>) =>
      `SELECT ${columns.map((column) => column.name).join(', ')} FROM ${name} ORDER BY ${key.join(', ')}`;
    const [promises, tasks, callbacks, listeners, schedules] = await this.#snapshot([
      all(PROMISES),
      all(TASKS),
      all(CALLBACKS),
      all(LISTENERS),
      all(SCHEDULES),
    ]);
    return {
      promises: decoded(PROMISES, promises),
      tasks: decoded(TASKS, tasks),
      callbacks: decoded(CALLBACKS, callbacks),
      listeners: decoded(LISTENERS, listeners),
      schedules: decoded(SCHEDULES, schedules),
      branches: [],
    };
  }

  async reset(): Promise<void> {
    await this.#database.run(BEGIN, ...EMPTIED.map((table) => `DELETE FROM ${table}`), COMMIT);
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

  async ping(): Promise<void> {
    await this.#database.run('SELECT 1');
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

  async #select<Row>(table: Table<Row>, sql: string): Promise<Row[]> {
    return decoded(table, (await this.#database.run(sql))[0]);
  }

  async #value<T>(sql: string): Promise<T | null> {
    return ((await this.#database.run(sql))[0]?.rows[0]?.[0] ?? null) as T | null;
  }
}

function decoded<Row>(table: Table<Row>, result?: Result): Row[] {
  return (result?.rows ?? []).map((values) => table.decode(values));
}
