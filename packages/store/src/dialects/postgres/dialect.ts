import type {
  Changes,
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
import { BATCH_STATEMENTS, transact } from './batch.ts';
import { Connections, type PostgresOptions } from './connections.ts';
import { Election, ELECTION_STATEMENTS } from './election.ts';
import { array, CLOCK, Load, LOAD_STATEMENTS } from './load.ts';
import { migrate } from './migrate.ts';
import { Outbox, OUTBOX_STATEMENTS } from './outbox.ts';
import type { Prepared, Query, Rows } from './pipeline.ts';
import { WRITE_STATEMENTS } from './write.ts';

const RECORD_TABLES = 'promises, promise_tags, tasks, callbacks, listeners, schedules';
const DUMPED = [PROMISES, TASKS, CALLBACKS, LISTENERS, SCHEDULES] as Table<unknown>[];
/** Building an index may take hours. */
const UNLIMITED_MS = 2 ** 31 - 1;

const DIALECT_STATEMENTS: Prepared[] = [
  {
    name: 'due_promises',
    text: `SELECT id, timeout_at FROM promises WHERE state = 'pending' AND timeout_at <= $1 ORDER BY timeout_at LIMIT $2`,
  },
  {
    name: 'due_leases',
    text: `SELECT id, due_at FROM tasks WHERE state = 'acquired' AND due_at <= $1 ORDER BY due_at LIMIT $2`,
  },
  {
    name: 'due_schedules',
    text: `SELECT ${columnList(SCHEDULES)} FROM schedules WHERE next_run_at <= $1 ORDER BY next_run_at LIMIT $2`,
  },
  {
    name: 'next_timer',
    text: `SELECT LEAST((SELECT min(timeout_at) FROM promises WHERE state = 'pending'),
      (SELECT min(due_at) FROM tasks WHERE state = 'acquired'), (SELECT min(next_run_at) FROM schedules))`,
  },
  {
    name: 'search_schedules',
    text: `SELECT ${columnList(SCHEDULES)} FROM schedules WHERE id > $1 ORDER BY id LIMIT $2`,
  },
  {
    name: 'heartbeat',
    text: `INSERT INTO processes (${columnList(PROCESSES)})
      SELECT $1, $2, $3, $4, $5, $6, floor(extract(epoch FROM clock_timestamp()) * 1000)
      ON CONFLICT (id) DO UPDATE SET leader = excluded.leader, heartbeat_at = excluded.heartbeat_at`,
  },
  { name: 'processes', text: `SELECT ${columnList(PROCESSES)} FROM processes ORDER BY id` },
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

/** Postgres 14 and newer, shared by any number of processes. */
export class PostgresDialect implements Dialect {
  readonly name = 'postgres';
  readonly traffic: Readonly<Traffic>;
  readonly #connections: Connections;
  readonly #outbox: Outbox;
  readonly #election: Election;
  readonly #byLease: boolean;
  readonly #searchable: Searchable = {
    noIndex,
    run: (statements) =>
      this.#connections.read(
        statements.map(({ sql, params }) => ({
          text: numbered(sql),
          values: params.map((param) => (param === null ? null : String(param))),
        })),
      ),
  };

  /** Connects on first use. @param byLease elects by lease row instead of by advisory lock. */
  constructor(options: PostgresOptions, byLease = false) {
    this.#connections = new Connections(options, PREPARED);
    this.traffic = this.#connections.traffic;
    this.#outbox = new Outbox(this.#connections);
    this.#election = new Election(this.#connections);
    this.#byLease = byLease;
  }

  async migrate(): Promise<void> {
    const session = await this.#connections.dedicated(UNLIMITED_MS);
    await migrate(session).finally(() => session.end());
  }

  transact(needs: Needs, decide: (loaded: Loaded, now: number) => Changes | null): Promise<void> {
    return transact(this.#connections, needs, decide);
  }

  async load(needs: Needs): Promise<{ loaded: Loaded; now: number }> {
    const load = new Load(needs, false);
    load.take(await this.#connections.read(load.queries));
    return load;
  }

  async searchPromises(query: PromiseQuery): Promise<PromiseRow[]> {
    return searchPromises(query, this.#searchable);
  }

  async searchTasks(query: TaskQuery): Promise<TaskRow[]> {
    return searchTasks(query, this.#searchable);
  }

  async searchSchedules(query: ScheduleQuery): Promise<ScheduleRow[]> {
    const values = [query.after ?? '', String(query.limit)];
    return decoded(SCHEDULES, await this.#read({ name: 'search_schedules', values }));
  }

  async dueTimers(now: number, limit: number): Promise<DueTimers> {
    const values = [String(now), String(limit)];
    const queries = ['due_promises', 'due_leases', 'due_schedules'].map((name) => ({ name, values }));
    const [promises = [], leases = [], schedules = []] = await this.#connections.read(queries);
    const timer = ([id, at]: Rows[number]): DueTimer => ({ id: String(id), at: Number(at) });
    return { promises: promises.map(timer), leases: leases.map(timer), schedules: decoded(SCHEDULES, schedules) };
  }

  async nextTimerAt(): Promise<number | null> {
    const at = (await this.#read({ name: 'next_timer' }))[0]?.[0];
    return typeof at === 'string' ? Number(at) : null;
  }

  claim(claim: Claim): Promise<Claimed> {
    return this.#outbox.claim(claim);
  }

  waitingTargets(transport: Transport, limit: number, after = ''): Promise<WaitingTarget[]> {
    return this.#outbox.waitingTargets(transport, limit, after);
  }

  countDue(transport: Transport, targets: readonly string[], limit: number): Promise<number> {
    return this.#outbox.countDue(transport, targets, limit);
  }

  nextDeliveryAt(transport: Transport, targets: readonly string[]): Promise<number | null> {
    return this.#outbox.nextDeliveryAt(transport, targets);
  }

  acknowledge(outcomes: readonly Outcome[], processId: string): Promise<void> {
    return this.#outbox.acknowledge(outcomes, processId);
  }

  releaseClaims(processIds: readonly string[] | null): Promise<number> {
    return releaseClaims(this.#outbox, processIds);
  }

  async now(): Promise<number> {
    return Number((await this.#read(CLOCK))[0]?.[0]);
  }

  elect(role: string, processId: string): Promise<Leadership | null> {
    return this.#byLease ? this.#election.electByLease(role, processId) : this.#election.electByLock(role);
  }

  async heartbeat({ id, role, version, host, startedAt, leader }: ProcessInfo): Promise<void> {
    const values = [id, role, version, host, String(startedAt), leader ? '1' : '0'];
    await this.#connections.read([{ name: 'heartbeat', values }]);
  }

  async processes(): Promise<ProcessRow[]> {
    return decoded(PROCESSES, await this.#read({ name: 'processes' }));
  }

  async removeProcesses(ids: readonly string[]): Promise<void> {
    await this.#connections.run([{ name: 'remove_processes', values: [array(ids)] }]);
  }

  async dump(): Promise<Loaded> {
    const selects = DUMPED.map((table) => ({
      text: `SELECT ${columnList(table)} FROM ${table.name} ORDER BY ${table.key.join(', ')}`,
    }));
    const results = await this.#connections.read([{ name: 'begin_reading' }, ...selects, { name: 'commit' }]);
    return {
      promises: decoded(PROMISES, results[1]),
      tasks: decoded(TASKS, results[2]),
      callbacks: decoded(CALLBACKS, results[3]),
      listeners: decoded(LISTENERS, results[4]),
      schedules: decoded(SCHEDULES, results[5]),
      branches: [],
    };
  }

  async reset(): Promise<void> {
    await this.#connections.run([{ text: `TRUNCATE ${RECORD_TABLES}` }]);
  }

  async readSetting(key: string): Promise<string | null> {
    return (await this.#read({ name: 'read_setting', values: [key] }))[0]?.[0] ?? null;
  }

  async writeSetting(key: string, value: string): Promise<void> {
    await this.#connections.run([{ name: 'write_setting', values: [key, value] }]);
  }

  async ping(): Promise<void> {
    await this.#read(CLOCK);
  }

  async close(): Promise<void> {
    await Promise.all([this.#election.close(), this.#connections.close()]);
  }

  async #read(query: Query): Promise<Rows> {
    return (await this.#connections.read([query]))[0] ?? [];
  }
}

/** `least` of one value is that value, and no index's column. */
export const noIndex = (column: string) => `least(${column})`;

function decoded<Row>(table: Table<Row>, rows: Rows = []): Row[] {
  return rows.map((values) => table.decode(values));
}

/** Parameters as Postgres writes them: $1, $2. */
export function numbered(sql: string): string {
  let place = 0;
  return sql.replaceAll('?', () => `$${++place}`);
}
