import type {
  Loaded,
  PromiseQuery,
  PromiseRow,
  ScheduleQuery,
  ScheduleRow,
  TaskQuery,
  TaskRow,
} from '@resonate/machine';
import type { DueTimer, DueTimers } from '../dialect.ts';
import type { ProcessRow } from '../processes.ts';
import { int, intOrNull, text } from '../sql/read.ts';
import {
  searchPromises,
  searchSchedules,
  searchTasks,
  type FoundRows,
  type NoIndex,
  type UseIndex,
} from '../sql/search.ts';
import { complete, type Statement } from '../sql/statement.ts';
import {
  CALLBACKS,
  LISTENERS,
  PROCESSES,
  PROMISES,
  readList,
  SCHEDULES,
  TASKS,
  type SqlValue,
  type Table,
} from '../tables.ts';

/** How a database's SQL differs where the shared statements meet an index. */
export interface Hints {
  noIndex: NoIndex;
  useIndex: UseIndex;
  /** What stands behind LIMIT for a parameter. */
  limit: string;
}

/** Every row of a table, in the order of its key. */
function all<Row>(table: Table<Row>): string {
  return `SELECT ${readList(table)} FROM ${table.name} ORDER BY ${table.key.join(', ')}`;
}

/** The statements that all databases understand, by name, with `?` for parameters. */
export function sharedSql({ useIndex, limit }: Hints) {
  const due = (what: string, from: string, at: string) =>
    `SELECT ${what} FROM ${from} ${at} <= ? ORDER BY ${at} LIMIT ${limit}`;
  const pending = `promises${useIndex('promises_timeout')} WHERE state = 'pending'`;
  const acquired = `tasks${useIndex('tasks_lease')} WHERE state = 'acquired'`;
  return {
    due_promises: due('id, timeout_at', `${pending} AND`, 'timeout_at'),
    due_leases: due('id, due_at', `${acquired} AND`, 'due_at'),
    due_schedules: due(readList(SCHEDULES), 'schedules WHERE', 'next_run_at'),
    next_timer: `SELECT MIN(at) FROM (
      SELECT MIN(timeout_at) AS at FROM ${pending}
      UNION ALL SELECT MIN(due_at) FROM ${acquired}
      UNION ALL SELECT MIN(next_run_at) FROM schedules) AS timers`,
    processes: all(PROCESSES),
  };
}

/** The calls of a dialect in which databases differ only by how a statement is sent. */
export abstract class BaseDialect {
  protected readonly hints: Hints;
  readonly #shared: ReturnType<typeof sharedSql>;

  constructor(hints: Hints) {
    this.hints = hints;
    this.#shared = sharedSql(hints);
  }

  /** Reads; several statements see one state of the database. @returns the rows of each, values as they were selected. */
  protected abstract select(statements: Statement[]): Promise<unknown[][][]>;

  searchPromises(query: PromiseQuery): Promise<FoundRows<PromiseRow>> {
    return searchPromises(query, { ...this.hints, run: (statements) => this.select(statements) });
  }

  searchTasks(query: TaskQuery): Promise<TaskRow[]> {
    return searchTasks(query, { ...this.hints, run: (statements) => this.select(statements) });
  }

  searchSchedules(query: ScheduleQuery): Promise<FoundRows<ScheduleRow>> {
    return searchSchedules(query, { ...this.hints, run: (statements) => this.select(statements) });
  }

  async dueTimers(now: number, limit: number): Promise<DueTimers> {
    const { due_promises, due_leases, due_schedules } = this.#shared;
    const statements = [due_promises, due_leases, due_schedules].map((sql) => ({ sql, params: [now, limit] }));
    const [promises = [], leases = [], schedules = []] = await this.select(statements);
    const timer = ([id, at]: unknown[]): DueTimer => ({ id: text(id), at: int(at) });
    return { promises: promises.map(timer), leases: leases.map(timer), schedules: decoded(SCHEDULES, schedules) };
  }

  async nextTimerAt(): Promise<number | null> {
    return intOrNull((await this.#rows(this.#shared.next_timer))[0]?.[0] ?? null);
  }

  async processes(): Promise<ProcessRow[]> {
    return decoded(PROCESSES, await this.#rows(this.#shared.processes));
  }

  async dump(): Promise<Loaded> {
    const statements = [all(PROMISES), all(TASKS), all(CALLBACKS), all(LISTENERS), all(SCHEDULES)].map(complete);
    const [promises, tasks, callbacks, listeners, schedules] = await this.select(statements);
    return {
      promises: decoded(PROMISES, promises),
      tasks: decoded(TASKS, tasks),
      callbacks: decoded(CALLBACKS, callbacks),
      listeners: decoded(LISTENERS, listeners),
      schedules: decoded(SCHEDULES, schedules),
      branches: [],
      cutBranches: [],
    };
  }

  async #rows(sql: string, ...params: SqlValue[]): Promise<unknown[][]> {
    return (await this.select([{ sql, params }]))[0] ?? [];
  }
}

export function decoded<Row>(table: Table<Row>, rows: readonly unknown[][] = []): Row[] {
  return rows.map((values) => table.decode(values));
}
