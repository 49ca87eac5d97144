import type { SqlValue } from '@resonate/drivers';
import {
  emptyLoaded,
  type Loaded,
  type PromiseQuery,
  type PromiseRow,
  type ScheduleQuery,
  type ScheduleRow,
  type TaskQuery,
  type TaskRow,
} from '@resonate/machine';
import type { Transport } from '@resonate/protocol';
import type { DueTimer, DueTimers, WaitingTarget } from '../dialect.ts';
import type { OutboxSql } from '../sql/outbox-sql.ts';
import type { PlainSql } from '../sql/plain-sql.ts';
import { int, intOrNull, text, textOrNull } from '../sql/read.ts';
import { searchPromises, searchSchedules, searchTasks, type FoundRows } from '../sql/search.ts';
import { complete, type Statement } from '../sql/statement.ts';
import type { Table } from '../sql/table.ts';
import type { Words } from '../sql/words.ts';
import {
  CALLBACKS,
  DUE_SCHEDULES,
  LISTENERS,
  PROCESSES,
  PROMISES,
  SCHEDULES,
  TASKS,
  type ProcessRow,
} from '../tables.ts';
import { targetsIn } from './waiting-targets.ts';

/** Every row of a table, in the order of its key. */
function all<Row>(table: Table<Row>): string {
  return `SELECT ${table.list()} FROM ${table.name} ORDER BY ${table.key.join(', ')}`;
}

/** The statements that all databases understand, by name, with `?` for parameters. */
export function sharedSql({ useIndex, limit, orUpdate, settingKey }: Words) {
  const due = (what: string, from: string, at: string) =>
    `SELECT ${what} FROM ${from} ${at} <= ? ORDER BY ${at} LIMIT ${limit}`;
  const pending = `promises${useIndex('promises_timeout')} WHERE state = 'pending'`;
  const acquired = `tasks${useIndex('tasks_lease')} WHERE state = 'acquired'`;
  return {
    due_promises: due('id, timeout_at', `${pending} AND`, 'timeout_at'),
    due_leases: due('id, due_at', `${acquired} AND`, 'due_at'),
    due_schedules: due(DUE_SCHEDULES.list(), 'schedules WHERE', 'next_run_at'),
    next_timer: `SELECT MIN(at) FROM (
      SELECT MIN(timeout_at) AS at FROM ${pending}
      UNION ALL SELECT MIN(due_at) FROM ${acquired}
      UNION ALL SELECT MIN(next_run_at) FROM schedules) AS timers`,
    processes: all(PROCESSES),
    read_setting: `SELECT value FROM settings WHERE ${settingKey} = ?`,
    write_setting: `INSERT INTO settings (${settingKey}, value) VALUES (?, ?) ${orUpdate([settingKey], ['value'])}`,
  };
}

/** The calls of a dialect in which databases differ only by their words and by how a statement is sent. */
export abstract class BaseDialect {
  readonly plain: PlainSql;
  abstract readonly outbox: OutboxSql;
  protected readonly words: Words;
  readonly #shared: ReturnType<typeof sharedSql>;

  constructor(words: Words) {
    this.words = words;
    this.#shared = sharedSql(words);
    this.plain = {
      words,
      select: (statements) => this.select(statements),
      atomically: (statements) => this.atomically(statements),
    };
  }

  /** See `PlainSql`. */
  protected abstract select(statements: Statement[]): Promise<unknown[][][]>;
  protected abstract atomically(statements: Statement[]): Promise<unknown[][][]>;

  searchPromises(query: PromiseQuery): Promise<FoundRows<PromiseRow>> {
    return searchPromises(query, this.plain);
  }

  searchTasks(query: TaskQuery): Promise<TaskRow[]> {
    return searchTasks(query, this.plain);
  }

  searchSchedules(query: ScheduleQuery): Promise<FoundRows<ScheduleRow>> {
    return searchSchedules(query, this.plain);
  }

  async dueTimers(now: number, limit: number): Promise<DueTimers> {
    const { due_promises, due_leases, due_schedules } = this.#shared;
    const statements = [due_promises, due_leases, due_schedules].map((sql) => ({ sql, params: [now, limit] }));
    const [promises = [], leases = [], schedules = []] = await this.select(statements);
    const timer = ([id, at]: unknown[]): DueTimer => ({ id: text(id), at: int(at) });
    return { promises: promises.map(timer), leases: leases.map(timer), schedules: DUE_SCHEDULES.decodeAll(schedules) };
  }

  async nextTimerAt(): Promise<number | null> {
    return intOrNull((await this.#rows(this.#shared.next_timer))[0]?.[0] ?? null);
  }

  async waitingTargets(transport: Transport, limit: number, after = ''): Promise<WaitingTarget[]> {
    return targetsIn(await this.select(this.outbox.waiting(transport, limit, after)), limit);
  }

  async countDue(transport: Transport, targets: readonly string[], limit: number): Promise<number> {
    if (targets.length === 0) return 0;
    const counts = await this.select(this.outbox.countDue(transport, targets, limit));
    return counts.reduce((sum, rows) => Math.min(limit, sum + int(rows[0]?.[0])), 0);
  }

  async nextDue(transport: Transport, targets: readonly string[]): Promise<WaitingTarget[]> {
    if (targets.length === 0) return [];
    return targetsIn(await this.select(this.outbox.nextDue(transport, targets)));
  }

  async processes(): Promise<ProcessRow[]> {
    return PROCESSES.decodeAll(await this.#rows(this.#shared.processes));
  }

  async removeProcesses(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const rows = ids.map((id) => [id]);
    await this.atomically(this.plain.words.remove('processes', ['id'], rows));
  }

  async readSetting(key: string): Promise<string | null> {
    return textOrNull((await this.#rows(this.#shared.read_setting, key))[0]?.[0] ?? null);
  }

  async writeSetting(key: string, value: string): Promise<void> {
    await this.atomically([{ sql: this.#shared.write_setting, params: [key, value] }]);
  }

  async reset(): Promise<void> {
    await this.atomically(this.words.reset.map(complete));
  }

  async dump(): Promise<Loaded> {
    const statements = [all(PROMISES), all(TASKS), all(CALLBACKS), all(LISTENERS), all(SCHEDULES)].map(complete);
    const [promises, tasks, callbacks, listeners, schedules] = await this.select(statements);
    return {
      ...emptyLoaded(),
      promises: PROMISES.decodeAll(promises),
      tasks: TASKS.decodeAll(tasks),
      callbacks: CALLBACKS.decodeAll(callbacks),
      listeners: LISTENERS.decodeAll(listeners),
      schedules: SCHEDULES.decodeAll(schedules),
    };
  }

  async #rows(sql: string, ...params: SqlValue[]): Promise<unknown[][]> {
    return (await this.select([{ sql, params }]))[0] ?? [];
  }
}
