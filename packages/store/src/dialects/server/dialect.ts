import type {
  Loaded,
  PromiseQuery,
  PromiseRow,
  ScheduleQuery,
  ScheduleRow,
  TaskQuery,
  TaskRow,
} from '@resonate/machine';
import type { Transport } from '@resonate/protocol';
import type { DueTimer, DueTimers, WaitingTarget } from '../../dialect.ts';
import type { ProcessRow } from '../../processes.ts';
import {
  CALLBACKS,
  readList,
  LISTENERS,
  PROCESSES,
  PROMISES,
  SCHEDULES,
  TASKS,
  type SqlValue,
  type Table,
} from '../../tables.ts';
import type { Statement } from '../../sql/statement.ts';
import { searchPromises, searchTasks, type NoIndex, type UseIndex } from '../../sql/search.ts';
import { mergeTargets } from '../waiting-targets.ts';

/** How a server's SQL differs where the shared statements meet an index. */
export interface Hints {
  noIndex: NoIndex;
  useIndex: UseIndex;
}

/** What is asked of the queues of waiting messages: of tasks and of listeners, one statement each. */
export interface QueueSql {
  /** Answers targets above `after` and when the first message of each is due, by target. */
  waiting(transport: Transport, limit: number, after: string): Statement[];
  /** Answers how many messages are due, `limit` at most. */
  countDue(transport: Transport, targets: readonly string[], limit: number): Statement[];
  /** Answers these targets, but those that no message waits for, and when the first message of each is due. */
  nextDue(transport: Transport, targets: readonly string[]): Statement[];
}

const DUMPED = [PROMISES, TASKS, CALLBACKS, LISTENERS, SCHEDULES] as Table<unknown>[];

const all = <Row>({ name, key, columns }: Table<Row>) =>
  `SELECT ${columns.map((column) => column.name).join(', ')} FROM ${name} ORDER BY ${key.join(', ')}`;

/** The statements that all servers understand, by name, with `?` for parameters. */
export function sharedSql(useIndex: UseIndex) {
  const due = (what: string, from: string, at: string) =>
    `SELECT ${what} FROM ${from} ${at} <= ? ORDER BY ${at} LIMIT ?`;
  return {
    due_promises: due(
      'id, timeout_at',
      `promises${useIndex('promises_timeout')} WHERE state = 'pending' AND`,
      'timeout_at',
    ),
    due_leases: due('id, due_at', `tasks${useIndex('tasks_lease')} WHERE state = 'acquired' AND`, 'due_at'),
    due_schedules: due(readList(SCHEDULES), 'schedules WHERE', 'next_run_at'),
    next_timer: `SELECT MIN(at) FROM (
      SELECT MIN(timeout_at) AS at FROM promises WHERE state = 'pending'
      UNION ALL SELECT MIN(due_at) FROM tasks WHERE state = 'acquired'
      UNION ALL SELECT MIN(next_run_at) FROM schedules) AS timers`,
    search_schedules: `SELECT ${readList(SCHEDULES)} FROM schedules WHERE id > ? ORDER BY id LIMIT ?`,
    processes: all(PROCESSES),
  };
}

/** The calls of a dialect that servers differ in only by how a statement is sent. */
export abstract class ServerDialect {
  /** One round trip, repeated when the connection was broken before; several statements see one state of the database. */
  protected abstract select(statements: Statement[]): Promise<unknown[][][]>;
  protected abstract readonly hints: Hints;
  protected abstract readonly queues: QueueSql;
  readonly #shared: ReturnType<typeof sharedSql>;

  /** @param useIndex as in `hints`. */
  constructor(useIndex: UseIndex) {
    this.#shared = sharedSql(useIndex);
  }

  searchPromises(query: PromiseQuery): Promise<PromiseRow[]> {
    return searchPromises(query, { ...this.hints, run: (statements) => this.select(statements) });
  }

  searchTasks(query: TaskQuery): Promise<TaskRow[]> {
    return searchTasks(query, { ...this.hints, run: (statements) => this.select(statements) });
  }

  async searchSchedules({ after, limit }: ScheduleQuery): Promise<ScheduleRow[]> {
    return decoded(SCHEDULES, await this.#rows(this.#shared.search_schedules, after ?? '', limit));
  }

  async dueTimers(now: number, limit: number): Promise<DueTimers> {
    const { due_promises, due_leases, due_schedules } = this.#shared;
    const statements = [due_promises, due_leases, due_schedules].map((sql) => ({ sql, params: [now, limit] }));
    const [promises = [], leases = [], schedules = []] = await this.select(statements);
    const timer = ([id, at]: unknown[]): DueTimer => ({ id: String(id), at: Number(at) });
    return { promises: promises.map(timer), leases: leases.map(timer), schedules: decoded(SCHEDULES, schedules) };
  }

  async nextTimerAt(): Promise<number | null> {
    return earliest([await this.#rows(this.#shared.next_timer)]);
  }

  async processes(): Promise<ProcessRow[]> {
    return decoded(PROCESSES, await this.#rows(this.#shared.processes));
  }

  async waitingTargets(transport: Transport, limit: number, after = ''): Promise<WaitingTarget[]> {
    return mergeTargets(waiting(await this.select(this.queues.waiting(transport, limit, after))), limit);
  }

  async countDue(transport: Transport, targets: readonly string[], limit: number): Promise<number> {
    if (targets.length === 0) return 0;
    const counts = await this.select(this.queues.countDue(transport, targets, limit));
    return counts.reduce((sum, rows) => Math.min(limit, sum + Number(rows[0]?.[0])), 0);
  }

  async nextDue(transport: Transport, targets: readonly string[]): Promise<WaitingTarget[]> {
    if (targets.length === 0) return [];
    return mergeTargets(waiting(await this.select(this.queues.nextDue(transport, targets))), targets.length);
  }

  async dump(): Promise<Loaded> {
    const tables = await this.select(DUMPED.map((table) => ({ sql: all(table), params: [] })));
    return {
      promises: decoded(PROMISES, tables[0]),
      tasks: decoded(TASKS, tables[1]),
      callbacks: decoded(CALLBACKS, tables[2]),
      listeners: decoded(LISTENERS, tables[3]),
      schedules: decoded(SCHEDULES, tables[4]),
      branches: [],
    };
  }

  async #rows(sql: string, ...params: SqlValue[]): Promise<unknown[][]> {
    return (await this.select([{ sql, params }]))[0] ?? [];
  }
}

function decoded<Row>(table: Table<Row>, rows: unknown[][] = []): Row[] {
  return rows.map((values) => table.decode(values));
}

function waiting(results: unknown[][][]): WaitingTarget[] {
  return results.flat().map(([target, dueAt]) => ({ target: String(target), dueAt: Number(dueAt) }));
}

/** The least of the times that stand last in rows. */
function earliest(results: unknown[][][]): number | null {
  const times = results.flat().flatMap((row) => row.at(-1) ?? []);
  return times.length > 0 ? times.map(Number).reduce((one, other) => Math.min(one, other)) : null;
}
