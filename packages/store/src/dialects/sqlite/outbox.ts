import type Database from 'better-sqlite3';
import type { Transport } from '@resonate/protocol';
import type { ListenerRow, TaskRow } from '@resonate/machine';
import type { Claim, Claimed, ClaimsSince, RecordedOutcome, WaitingTarget } from '../../dialect.ts';
import { LISTENERS, PROMISES, readList, TASKS, type SqlValue } from '../../tables.ts';
import { attemptsOf } from '../../outbox/deferral.ts';
import { mergeTargets } from '../waiting-targets.ts';

/**
 * `IN (?)` and `LIMIT ? + 0`, as beside ORDER BY and MIN SQLite plans anew whenever a value is bound to `= ?` or `LIMIT ?`:
 * 20 us for a target that nothing waits for, instead of 1.4.
 */
const READY = `transport IN (?) AND target IN (?) AND due_at <= ?
  AND (prefers IS NULL OR due_at <= ? OR prefers IN (SELECT value FROM json_each(?)))`;

/** The outbox side of the SQLite dialect: claims and what became of them. */
export class Outbox {
  readonly #database: Database.Database;
  readonly #dueTasks: Database.Statement;
  readonly #dueListeners: Database.Statement;
  readonly #claimTask: Database.Statement;
  readonly #claimListener: Database.Statement;
  readonly #deleteListener: Database.Statement;
  readonly #deferListener: Database.Statement;
  readonly #deferTask: Database.Statement;
  readonly #nextTaskTarget: Database.Statement;
  readonly #nextListenerTarget: Database.Statement;
  readonly #nextTask: Database.Statement;
  readonly #nextListener: Database.Statement;
  readonly #countTasks: Database.Statement;
  readonly #countListeners: Database.Statement;

  constructor(database: Database.Database) {
    this.#database = database;
    this.#dueTasks = database
      .prepare(
        `SELECT ${readList(TASKS)} FROM tasks
         WHERE state = 'pending' AND ${READY} AND timeout_at > ? ORDER BY due_at LIMIT ? + 0`,
      )
      .raw(true);
    this.#dueListeners = database
      .prepare(
        `SELECT ${readList(LISTENERS, 'l')}, ${readList(PROMISES, 'p')}
         FROM listeners l JOIN promises p ON p.id = l.awaited
         WHERE ${READY} ORDER BY due_at LIMIT ? + 0`,
      )
      .raw(true);
    const claim = 'due_at = ?, claimed_by = ?, attempts = ?, enqueued_at = COALESCE(enqueued_at, due_at)';
    this.#claimTask = database.prepare(`UPDATE tasks SET ${claim} WHERE id = ?`);
    this.#claimListener = database.prepare(`UPDATE listeners SET ${claim} WHERE awaited = ? AND address = ?`);
    const mine = 'awaited = ? AND address = ? AND claimed_by = ?';
    this.#deleteListener = database.prepare(`DELETE FROM listeners WHERE ${mine}`);
    this.#deferListener = database.prepare(`UPDATE listeners SET due_at = ?, claimed_by = NULL WHERE ${mine}`);
    this.#deferTask = database.prepare(
      `UPDATE tasks SET due_at = ?, claimed_by = NULL
       WHERE id = ? AND version = ? AND state = 'pending' AND claimed_by = ?`,
    );
    this.#nextTaskTarget = nextTarget(database, "tasks WHERE state = 'pending'");
    this.#nextListenerTarget = nextTarget(database, 'listeners WHERE due_at IS NOT NULL');
    this.#nextTask = nextDue(database, "tasks WHERE state = 'pending'");
    this.#nextListener = nextDue(database, 'listeners WHERE due_at IS NOT NULL');
    this.#countTasks = counted(database, "tasks WHERE state = 'pending'");
    this.#countListeners = counted(database, 'listeners WHERE due_at IS NOT NULL');
  }

  claim(request: Claim, now: number): Claimed {
    const preferred = JSON.stringify(request.preferred);
    const claimed: Claimed = { executes: [], unblocks: [] };
    for (const { target, limit } of request.targets) {
      let left = limit;
      const ready = [request.transport, target, now, now - request.graceMs, preferred];
      // A listener's answer before new work: it ends something, work begins something.
      for (const values of this.#dueListeners.all(...ready, limit) as unknown[][]) {
        const listener = LISTENERS.decode(values.slice(0, LISTENERS.columns.length));
        const promise = PROMISES.decode(values.slice(LISTENERS.columns.length));
        claimed.unblocks.push({ listener: this.#take(listener, request, now), promise });
        left--;
      }
      if (left <= 0) continue;
      for (const values of this.#dueTasks.all(...ready, now, left) as unknown[][]) {
        claimed.executes.push(this.#take(TASKS.decode(values), request, now));
      }
    }
    return claimed;
  }

  #take<Row extends TaskRow | ListenerRow>(row: Row, { retryTimeoutMs, processId }: Claim, now: number): Row {
    const dueAt = now + retryTimeoutMs;
    const attempts = attemptsOf(row);
    if ('id' in row) this.#claimTask.run(dueAt, processId, attempts, row.id);
    else this.#claimListener.run(dueAt, processId, attempts, row.awaited, row.address);
    const enqueuedAt = row.enqueuedAt ?? row.dueAt;
    return { ...row, dueAt, enqueuedAt, claimedBy: processId, attempts };
  }

  acknowledge(outcomes: readonly RecordedOutcome[], processId: string): void {
    for (const outcome of outcomes) {
      if (outcome.kind === 'execute') {
        this.#deferTask.run(outcome.dueAt, outcome.id, outcome.version, processId);
      } else if (outcome.delivered) {
        this.#deleteListener.run(outcome.awaited, outcome.address, processId);
      } else {
        this.#deferListener.run(outcome.dueAt, outcome.awaited, outcome.address, processId);
      }
    }
  }

  /** Walks the index from target to target, one seek each, however many messages wait. */
  waitingTargets(transport: Transport, limit: number, from: string): WaitingTarget[] {
    const found: WaitingTarget[] = [];
    for (const statement of [this.#nextTaskTarget, this.#nextListenerTarget]) {
      let after = from;
      for (let count = 0; count < limit; count++) {
        const row = statement.get(transport, after) as { target: string; due_at: number } | undefined;
        if (!row) break;
        found.push({ target: row.target, dueAt: row.due_at });
        after = row.target;
      }
    }
    return mergeTargets(found, limit);
  }

  countDue(transport: Transport, targets: readonly string[], limit: number, now: number): number {
    let count = 0;
    for (const target of targets) {
      for (const statement of [this.#countTasks, this.#countListeners]) {
        count += statement.get(transport, target, now, limit - count) as number;
      }
    }
    return count;
  }

  nextDue(transport: Transport, targets: readonly string[]): WaitingTarget[] {
    const found: WaitingTarget[] = [];
    for (const target of targets) {
      for (const statement of [this.#nextTask, this.#nextListener]) {
        const dueAt = statement.get(transport, target) as number | null;
        if (dueAt !== null) found.push({ target, dueAt });
      }
    }
    return mergeTargets(found, targets.length);
  }

  releaseClaims(processIds: readonly string[] | null, now: number, since?: ClaimsSince): number {
    let whose = processIds === null ? 'claimed_by IS NOT NULL' : 'claimed_by IN (SELECT value FROM json_each(?))';
    const params: SqlValue[] = processIds === null ? [] : [JSON.stringify(processIds)];
    if (since) {
      whose += ' AND transport = ? AND due_at >= ?';
      params.push(since.transport, since.dueFrom);
    }
    const set = 'SET due_at = ?, claimed_by = NULL';
    const tasks = this.#database.prepare(`UPDATE tasks ${set} WHERE state = 'pending' AND ${whose}`);
    const listeners = this.#database.prepare(`UPDATE listeners ${set} WHERE due_at IS NOT NULL AND ${whose}`);
    return tasks.run(now, ...params).changes + listeners.run(now, ...params).changes;
  }
}

function nextTarget(database: Database.Database, from: string): Database.Statement {
  return database.prepare(
    `SELECT target, due_at FROM ${from} AND transport IN (?) AND target > ? ORDER BY target, due_at LIMIT 1`,
  );
}

function counted(database: Database.Database, from: string): Database.Statement {
  const due = `SELECT 1 FROM ${from} AND transport IN (?) AND target IN (?) AND due_at <= ? LIMIT ? + 0`;
  return database.prepare(`SELECT count(*) FROM (${due})`).pluck(true);
}

function nextDue(database: Database.Database, from: string): Database.Statement {
  return database.prepare(`SELECT MIN(due_at) FROM ${from} AND transport IN (?) AND target IN (?)`).pluck(true);
}
