import type Database from 'better-sqlite3';
import type { Transport } from '@resonate/protocol';
import type { WaitingTarget } from '../../dialect.ts';
import type { OutboxSql } from '../../sql/outbox-sql.ts';
import { int, intOrNull, text } from '../../sql/read.ts';
import type { Statement } from '../../sql/statement.ts';
import type { SqlValue, Table } from '../../sql/table.ts';
import { LISTENER_KEYS, LISTENERS, TASKS } from '../../tables.ts';
import { mergeTargets } from '../waiting-targets.ts';

/**
 * `IN (?)` and `LIMIT ? + 0`, as beside ORDER BY and MIN SQLite plans anew whenever a value is bound to `= ?` or `LIMIT ?`:
 * 20 us for a target that nothing waits for, instead of 1.4.
 */
const READY = `transport IN (?) AND target IN (?) AND due_at <= ?
  AND (prefers IS NULL OR due_at <= ? OR prefers IN (SELECT value FROM json_each(?)))`;

const WAITING = { tasks: "state = 'pending'", listeners: 'due_at IS NOT NULL' };

/** How messages are found; nobody else writes, so there is nothing to lock. @param rows runs a statement that only reads. */
export function outboxOf(rows: (statement: Statement) => unknown[][], clock: () => number): OutboxSql {
  return {
    lockDue({ transport, targets, preferred, graceMs }) {
      const now = clock();
      const due = <Row>(table: Table<Row>, where: string, ...further: SqlValue[]) =>
        targets.map(({ target, limit }) => ({
          sql: `SELECT ${table.list()} FROM ${table.name} WHERE ${READY} AND ${where} ORDER BY due_at LIMIT ? + 0`,
          params: [transport, target, now, now - graceMs, JSON.stringify(preferred), ...further, limit],
        }));
      return {
        listeners: due(LISTENERS, WAITING.listeners),
        tasks: due(TASKS, `${WAITING.tasks} AND timeout_at > ?`, now),
      };
    },
    lockTasks: (ids) => ({
      sql: `SELECT ${TASKS.list('t')} FROM json_each(?) AS wanted CROSS JOIN tasks t ON t.id = wanted.value`,
      params: [JSON.stringify(ids)],
    }),
    lockListeners: (keys) => ({
      sql: `SELECT ${LISTENERS.list('t')} FROM json_each(?) AS wanted
        CROSS JOIN listeners t ON t.awaited = wanted.value ->> 0 AND t.address = wanted.value ->> 1`,
      params: [JSON.stringify(keys.map(({ awaited, address }) => [awaited, address]))],
    }),
    async held({ processIds, since }, limit) {
      const ids = processIds && JSON.stringify([...processIds]);
      const whose = ids === null ? 'IS NOT NULL' : 'IN (SELECT value FROM json_each(?))';
      const find = (columns: string, table: 'tasks' | 'listeners') =>
        rows({
          sql: `SELECT ${columns} FROM ${table} WHERE ${WAITING[table]} AND due_at > ? AND due_at >= ?
            AND (? IS NULL OR transport = ?) AND (claimed_by ${whose} OR deferred_by ${whose}) LIMIT ? + 0`,
          params: [
            ...[clock(), since?.dueFrom ?? 0, since?.transport ?? null, since?.transport ?? null],
            ...(ids === null ? [] : [ids, ids]),
            limit,
          ],
        });
      return {
        tasks: find('id', 'tasks').map(([id]) => text(id)),
        listeners: LISTENER_KEYS.decodeAll(find(LISTENER_KEYS.list(), 'listeners')),
      };
    },
  };
}

/** What the loops ask of the outbox. */
export class Queues {
  readonly #nextTaskTarget: Database.Statement<unknown[], unknown[]>;
  readonly #nextListenerTarget: Database.Statement<unknown[], unknown[]>;
  readonly #nextTask: Database.Statement;
  readonly #nextListener: Database.Statement;
  readonly #countTasks: Database.Statement;
  readonly #countListeners: Database.Statement;

  constructor(database: Database.Database) {
    this.#nextTaskTarget = nextTarget(database, "tasks WHERE state = 'pending'");
    this.#nextListenerTarget = nextTarget(database, 'listeners WHERE due_at IS NOT NULL');
    this.#nextTask = nextDue(database, "tasks WHERE state = 'pending'");
    this.#nextListener = nextDue(database, 'listeners WHERE due_at IS NOT NULL');
    this.#countTasks = counted(database, "tasks WHERE state = 'pending'");
    this.#countListeners = counted(database, 'listeners WHERE due_at IS NOT NULL');
  }

  /** Walks the index from target to target, one seek each, however many messages wait. */
  waitingTargets(transport: Transport, limit: number, from: string): WaitingTarget[] {
    const found: WaitingTarget[] = [];
    for (const statement of [this.#nextTaskTarget, this.#nextListenerTarget]) {
      let after = from;
      for (let count = 0; count < limit; count++) {
        const row = statement.get(transport, after);
        if (!row) break;
        after = text(row[0]);
        found.push({ target: after, dueAt: int(row[1]) });
      }
    }
    return mergeTargets(found, limit);
  }

  countDue(transport: Transport, targets: readonly string[], limit: number, now: number): number {
    let count = 0;
    for (const target of targets) {
      for (const statement of [this.#countTasks, this.#countListeners]) {
        count += int(statement.get(transport, target, now, limit - count));
      }
    }
    return count;
  }

  nextDue(transport: Transport, targets: readonly string[]): WaitingTarget[] {
    const found: WaitingTarget[] = [];
    for (const target of targets) {
      for (const statement of [this.#nextTask, this.#nextListener]) {
        const dueAt = intOrNull(statement.get(transport, target));
        if (dueAt !== null) found.push({ target, dueAt });
      }
    }
    return mergeTargets(found, targets.length);
  }
}

function nextTarget(database: Database.Database, from: string): Database.Statement<unknown[], unknown[]> {
  const sql = `SELECT target, due_at FROM ${from} AND transport IN (?) AND target > ? ORDER BY target, due_at LIMIT 1`;
  return database.prepare<unknown[], unknown[]>(sql).raw(true);
}

function counted(database: Database.Database, from: string): Database.Statement {
  const due = `SELECT 1 FROM ${from} AND transport IN (?) AND target IN (?) AND due_at <= ? LIMIT ? + 0`;
  return database.prepare(`SELECT count(*) FROM (${due})`).pluck(true);
}

function nextDue(database: Database.Database, from: string): Database.Statement {
  return database.prepare(`SELECT MIN(due_at) FROM ${from} AND transport IN (?) AND target IN (?)`).pluck(true);
}
