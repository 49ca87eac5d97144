import { deferred, MAX_RESUMED_ATTEMPTS, resumed, type ListenerRow, type TaskRow } from '@resonate/machine';
import type { Transport } from '@resonate/protocol';
import type { Dialect, WaitingTarget } from '../dialect.ts';
import type { StoreEvents } from '../events.ts';
import { LISTENER_KEYS } from '../tables.ts';
import { readBacklog, type Backlog } from './backlog.ts';
import { messageKeys, rewriteMessages } from './messages.ts';

/** The messages for one target. */
export interface Queue {
  transport: Transport;
  target: string;
}

/** How many messages are looked up at once. */
const AT_ONCE = 500;

type Rule = <Row extends TaskRow | ListenerRow>(row: Row, now: number) => Row;

/**
 * The outbox as queues, one for each target: which targets have messages, how many, and since when. It defers the messages
 * for a target that keeps failing, and resumes them (`packages/machine/src/delivery/defer.ts`).
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

  /** The messages that are due and not claimed, counted up to `limit`, and the `named` targets with the oldest of them. */
  backlog(transport: Transport, limit: number, named = 0): Promise<Backlog> {
    return this.#measured('queues', () => readBacklog(this.#dialect, transport, limit, named));
  }

  /** Defers everything that is due for the target now, for at most `forMs`. @returns how many messages. */
  async defer(queue: Queue, forMs: number): Promise<number> {
    const now = await this.#dialect.now();
    const rule: Rule = (row, at) => deferred(row, this.#processId, forMs, Math.max(at, now));
    return this.#applyToAll(queue, `due_at <= ${now}`, rule);
  }

  /**
   * Makes messages due at once that were deferred, or that failed and wait for their next attempt. They keep their age.
   * @param withinMs the longest time that a message is deferred for.
   */
  async resume(queue: Queue, withinMs: number): Promise<number> {
    const limits = { withinMs, maxAttempts: MAX_RESUMED_ATTEMPTS };
    const rule: Rule = (row, now) => resumed(row, limits, now);
    return this.#applyToAll(queue, await this.#resumable(limits), rule);
  }

  /**
   * Resumes one message: the first `unblock` by due time, or the first `execute` if no `unblock` waits. A message that
   * failed often is resumed only if there is no other. @returns how many: 0 or 1.
   */
  async resumeOne(queue: Queue, withinMs: number): Promise<number> {
    for (const maxAttempts of [MAX_RESUMED_ATTEMPTS, Infinity]) {
      const limits = { withinMs, maxAttempts };
      const rule: Rule = (row, now) => resumed(row, limits, now);
      const which = await this.#resumable(limits);
      for (const table of ['listeners', 'tasks'] as const) {
        if ((await this.#apply(table, queue, which, rule, 1)).count > 0) return 1;
      }
    }
    return 0;
  }

  /** The condition for messages that `resumed` may change: not delayed ones, which were never due, and not claimed ones. */
  async #resumable({ withinMs, maxAttempts }: { withinMs: number; maxAttempts: number }): Promise<string> {
    const now = await this.#dialect.now();
    const few = maxAttempts === Infinity ? '' : ` AND attempts < ${maxAttempts}`;
    return `due_at > ${now} AND due_at <= ${now + withinMs} AND claimed_by IS NULL AND enqueued_at < due_at${few}`;
  }

  async #applyToAll(queue: Queue, which: string, rule: Rule): Promise<number> {
    let changed = 0;
    for (const table of ['listeners', 'tasks'] as const) {
      for (;;) {
        const { found, count } = await this.#apply(table, queue, which, rule, AT_ONCE);
        changed += count;
        // If nothing changed, another process was faster, and it continues with these messages.
        if (found < AT_ONCE || count === 0) break;
      }
    }
    return changed;
  }

  /** By due time, which is the order of the index, so the database sorts nothing. */
  async #apply(
    table: 'listeners' | 'tasks',
    queue: Queue,
    which: string,
    rule: Rule,
    limit: number,
  ): Promise<{ found: number; count: number }> {
    const { words, select } = this.#dialect.plain;
    const [from, keys] =
      table === 'tasks' ? [words.tasksByTarget, 'id'] : [words.listenersByTarget, LISTENER_KEYS.list()];
    const sql = `SELECT ${keys} FROM ${from} AND transport = ? AND target = ? AND ${which}
      ORDER BY due_at LIMIT ${limit}`;
    const [found = []] = await select([{ sql, params: [queue.transport, queue.target] }]);
    const messages = table === 'tasks' ? messageKeys(found, []) : messageKeys([], found);
    const count = await rewriteMessages(this.#dialect, messages, { task: rule, listener: rule });
    return { found: found.length, count };
  }
}
