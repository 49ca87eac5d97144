import { deferred, MAX_RESUMED_ATTEMPTS, resumed, type ListenerRow, type TaskRow } from '@resonate/machine';
import type { Transport } from '@resonate/protocol';
import type { Dialect, WaitingTarget } from '../dialect.ts';
import type { StoreEvents } from '../events.ts';
import { LISTENER_KEYS } from '../tables.ts';
import { readBacklog, type Backlog } from './backlog.ts';
import { rewriteMessages, type MessageKeys } from './messages.ts';

/** The messages for one target. */
export interface Queue {
  transport: Transport;
  target: string;
}

/** So many messages are looked for at a time. */
const AT_ONCE = 500;

type Rule = <Row extends TaskRow | ListenerRow>(row: Row, now: number) => Row;

/**
 * The messages of the outbox as queues, one for each target: which targets wait, since when and how many messages.
 * Defers the messages for a target that keeps failing, and resumes them (`packages/machine/src/delivery/defer.ts`).
 */
export class Queues {
  readonly #dialect: Dialect;
  readonly #processId: string;
  readonly #measured: StoreEvents['measured'];

  constructor(dialect: Dialect, processId: string, measured: StoreEvents['measured']) {
    this.#dialect = dialect;
    this.#processId = processId;
    this.#measured = measured;
  }

  /** See `Dialect.waitingTargets`. */
  waitingTargets(transport: Transport, limit: number, after = ''): Promise<WaitingTarget[]> {
    return this.#measured('queues', () => this.#dialect.waitingTargets(transport, limit, after));
  }

  /** When the first message for each of these targets is due. Targets without any are left out. */
  nextDue(transport: Transport, targets: readonly string[]): Promise<WaitingTarget[]> {
    return this.#measured('queues', () => this.#dialect.nextDue(transport, targets));
  }

  /** When the first message for any of these targets is due; null without any. */
  async nextDueAt(transport: Transport, targets: readonly string[]): Promise<number | null> {
    const next = await this.nextDue(transport, targets);
    return next.length === 0 ? null : next.reduce((least, { dueAt }) => Math.min(least, dueAt), Infinity);
  }

  /** What is due and not claimed, counted up to `limit`, with the `named` targets whose messages are the oldest. */
  backlog(transport: Transport, limit: number, named = 0): Promise<Backlog> {
    return this.#measured('queues', () => readBacklog(this.#dialect, transport, limit, named));
  }

  /** Everything that is due for the target now is due again in `forMs` at the latest. @returns how many messages. */
  async defer(queue: Queue, forMs: number): Promise<number> {
    const now = await this.#dialect.now();
    const rule: Rule = (row, at) => deferred(row, this.#processId, forMs, Math.max(at, now));
    return this.#applyToAll(queue, `due_at <= ${now}`, rule);
  }

  /**
   * What was deferred, or failed and waits for its next try, is due at once, as old as it is.
   * @param withinMs the longest that anything is deferred for.
   */
  async resume(queue: Queue, withinMs: number): Promise<number> {
    const limits = { withinMs, maxAttempts: MAX_RESUMED_ATTEMPTS };
    const rule: Rule = (row, now) => resumed(row, limits, now);
    return this.#applyToAll(queue, await this.#resumable(limits), rule);
  }

  /** Resumes the oldest, those that failed often after all others. @returns how many: 0 or 1. */
  async resumeOne(queue: Queue, withinMs: number): Promise<number> {
    for (const maxAttempts of [MAX_RESUMED_ATTEMPTS, Infinity]) {
      const limits = { withinMs, maxAttempts };
      const rule: Rule = (row, now) => resumed(row, limits, now);
      const which = await this.#resumable(limits);
      for (const table of ['listeners', 'tasks'] as const) {
        if ((await this.#apply(table, queue, which, rule, 1)) > 0) return 1;
      }
    }
    return 0;
  }

  /** Finds what `resumed` may change. Not the delayed, which nobody has tried to deliver, nor what somebody holds. */
  async #resumable({ withinMs, maxAttempts }: { withinMs: number; maxAttempts: number }): Promise<string> {
    const now = await this.#dialect.now();
    const few = maxAttempts === Infinity ? '' : ` AND attempts < ${maxAttempts}`;
    return `due_at > ${now} AND due_at <= ${now + withinMs} AND claimed_by IS NULL AND enqueued_at < due_at${few}`;
  }

  async #applyToAll(queue: Queue, which: string, rule: Rule): Promise<number> {
    let changed = 0;
    for (const table of ['listeners', 'tasks'] as const) {
      for (;;) {
        const count = await this.#apply(table, queue, which, rule, AT_ONCE);
        changed += count;
        if (count < AT_ONCE) break;
      }
    }
    return changed;
  }

  /** In the order of the index, which is that of age as far as it goes: nothing is sorted. */
  async #apply(table: 'listeners' | 'tasks', queue: Queue, which: string, rule: Rule, limit: number): Promise<number> {
    const { words, select } = this.#dialect.plain;
    const [from, keys] =
      table === 'tasks' ? [words.tasksByTarget, 'id'] : [words.listenersByTarget, LISTENER_KEYS.list()];
    const sql = `SELECT ${keys} FROM ${from} AND transport = ? AND target = ? AND ${which}
      ORDER BY due_at LIMIT ${limit}`;
    const [found = []] = await select([{ sql, params: [queue.transport, queue.target] }]);
    return rewriteMessages(this.#dialect, keysIn(table, found), { task: rule, listener: rule });
  }
}

function keysIn(table: 'listeners' | 'tasks', rows: unknown[][]): MessageKeys {
  if (table === 'tasks') return { tasks: rows.map(([id]) => String(id)), listeners: [] };
  return { tasks: [], listeners: LISTENER_KEYS.decodeAll(rows) };
}
