import {
  acknowledgedListener,
  claimed,
  dueAtOnce,
  failedTask,
  isClaimable,
  isReserved,
  pairKey,
  released,
  renewed,
  type Claimer,
  type DeliveryOutcome,
  type ExecuteOutcome,
  type ListenerRow,
  type Release,
  type TaskRow,
  type UnblockOutcome,
} from '@resonate/machine';
import type { Transport } from '@resonate/protocol';
import type { StoreClock } from '../clock.ts';
import type { Dialect, WaitingTarget } from '../dialect.ts';
import { targetsIn } from '../dialects/waiting-targets.ts';
import { Batcher, type BatcherLimits } from '../engine/batcher.ts';
import type { StoreEvents } from '../events.ts';
import { rewrite, updatesOf } from '../rewrite.ts';
import type { ListenerKey } from '../sql/conditions.ts';
import type { DueMessages } from '../sql/outbox-sql.ts';
import { int } from '../sql/read.ts';
import { LISTENERS, PROMISES, TASKS } from '../tables.ts';
import { MAX_CLAIMED_BYTES, withinBytes, withPromises, type Admits, type ClaimedUnblock } from './claimed-promises.ts';
import { deadLetterStatements } from './dead-letters.ts';
import { lockTasks, messageKeys, rewriteListeners, rewriteMessages } from './messages.ts';

export interface OutboxOptions extends Claimer {
  dialect: Dialect;
  clock: Pick<StoreClock, 'now' | 'read'>;
  measured: StoreEvents['measured'];
}

/** What a process has room for. */
export interface ClaimRequest extends DueMessages {
  /**
   * Makes a rule that limits the bytes of each target's `unblock`s; no such limit if unset. It is called again if the
   * transaction is repeated.
   */
  admission?: () => Admits;
}

export interface Claimed {
  executes: TaskRow[];
  unblocks: ClaimedUnblock[];
  /** When the first message that each target still has is due. Targets without messages are left out. */
  next: WaitingTarget[];
  /** The store's clock at the claim, epoch ms. */
  now: number;
}

/** The maximum number of outcomes in one transaction. */
const ACKNOWLEDGED_AT_ONCE = 200;
/** How many claims are looked up at once. */
const RELEASED_AT_ONCE = 1_000;

/** One transaction at a time. The number of waiting outcomes is bounded by the number of messages that are being sent. */
const ACKNOWLEDGEMENT_LIMITS: BatcherLimits = {
  maxItems: ACKNOWLEDGED_AT_ONCE,
  maxWeight: ACKNOWLEDGED_AT_ONCE,
  maxInFlight: 1,
  maxWaiting: Infinity,
  maxWaitingWeight: Infinity,
};

/** Claims messages for this process, records their outcomes, and releases claims. */
export class Outbox {
  readonly #options: OutboxOptions;
  /** By transport: the start of the claim whose answer was lost (epoch ms). */
  readonly #unknownSince = new Map<Transport, number>();
  readonly #acknowledgements: Batcher<readonly DeliveryOutcome[], void>;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#acknowledgements = new Batcher({
      limits: ACKNOWLEDGEMENT_LIMITS,
      run: async (entries) => {
        await options.measured('acknowledge', () => this.#acknowledge(entries.flatMap(({ item }) => item)));
        for (const entry of entries) entry.resolve();
      },
    });
  }

  /**
   * Claims due messages in one atomic step. Two processes never claim the same one. A claim whose answer was lost may have
   * been committed, and then nobody sends its messages. So the next claim of that transport releases them first, with all
   * that this process has claimed or been handed since. Messages that were claimed earlier stay claimed.
   */
  claim(due: ClaimRequest): Promise<Claimed> {
    return this.#options.measured('claim', () => this.#claim(due));
  }

  async #claim(due: ClaimRequest): Promise<Claimed> {
    const { transport } = due;
    const { clock, processId, retryTimeoutMs } = this.#options;
    const now = clock.now();
    const since = this.#unknownSince.get(transport);
    if (since !== undefined) {
      await this.#release({ processIds: new Set([processId]), since: { transport, dueFrom: since + retryTimeoutMs } });
      this.#unknownSince.delete(transport);
    }
    try {
      return await this.#take(due);
    } catch (error) {
      this.#unknownSince.set(transport, now);
      throw error;
    }
  }

  /** Reads due messages with the sizes of their promises, and claims those that fit into memory together. */
  #take(wanted: ClaimRequest): Promise<Claimed> {
    const { dialect, processId, retryTimeoutMs } = this.#options;
    const maxBytes = Math.min(MAX_CLAIMED_BYTES, wanted.maxBytes ?? Infinity);
    const claimer = { processId, retryTimeoutMs };
    const targets = wanted.targets.map(({ target }) => target);
    const preferred = { preferred: new Set(wanted.preferred), graceMs: wanted.graceMs };
    const reads = dialect.outbox.lockDue(wanted);
    return rewrite(dialect, [...reads.listeners, ...reads.tasks], (rows, now) => {
      const mayClaim = (message: ListenerRow | TaskRow) =>
        isClaimable(message, now) && !isReserved(message, preferred, now);
      const due = rows
        .slice(0, reads.listeners.length)
        .flat()
        .map((row) => ({ listener: LISTENERS.decode(row), bytes: int(row[LISTENERS.width]) }))
        .filter(({ listener }) => mayClaim(listener))
        .map(({ listener, bytes }) => ({ listener: claimed(listener, claimer, now), bytes }));
      const waiting = TASKS.decodeAll(rows.slice(reads.listeners.length).flat()).filter(mayClaim);
      const oldestFirst = due.toSorted((one, other) => byAge(one.listener, other.listener));
      const unblocks = withinBytes(oldestFirst, maxBytes, wanted.admission?.());
      const listeners = unblocks.map(({ listener }) => listener);
      const tasks = withinLimits(waiting, wanted, listeners).map((task) => claimed(task, claimer, now));
      // A settled promise never changes, so it needs no lock.
      const ids = [...new Set(listeners.map(({ awaited }) => awaited))].map((id) => [id]);
      const promises = ids.length > 0 ? [dialect.plain.words.rowsWithKeys(PROMISES, ids)] : [];
      return {
        changes: { tasks: updatesOf(tasks), listeners: updatesOf(listeners) },
        also: [...promises, ...(targets.length > 0 ? dialect.outbox.nextDue(wanted.transport, targets) : [])],
        result: (also) => ({
          executes: tasks.toSorted(byAge),
          unblocks: withPromises(unblocks, PROMISES.decodeAll(also.slice(0, promises.length).flat())),
          next: targetsIn(also.slice(promises.length)),
          now,
        }),
      };
    });
  }

  /**
   * Records the outcomes of claimed messages. It does not change rows that another process has claimed since, or whose task
   * has changed since. Outcomes that arrive while others are recorded share the next transaction
   * (docs/decisions/delivery-rules.md has the numbers).
   */
  async acknowledge(outcomes: readonly DeliveryOutcome[]): Promise<void> {
    if (outcomes.length > 0) await this.#acknowledgements.addAlways(outcomes, outcomes.length);
  }

  async #acknowledge(outcomes: readonly DeliveryOutcome[]): Promise<void> {
    const { dialect, processId } = this.#options;
    const executes = new Map<string, ExecuteOutcome>();
    const unblocks = new Map<string, UnblockOutcome>();
    for (const outcome of outcomes) {
      if (outcome.kind === 'execute') {
        const other = executes.get(outcome.id);
        if (!other || other.version <= outcome.version) executes.set(outcome.id, outcome);
      } else unblocks.set(pairKey(outcome.awaited, outcome.address), outcome);
    }
    await rewriteMessages(
      dialect,
      { tasks: [...executes.keys()], listeners: [...unblocks.values()] },
      {
        task(task) {
          const outcome = executes.get(task.id);
          return outcome ? failedTask(task, outcome, processId) : task;
        },
        listener(listener) {
          const outcome = unblocks.get(pairKey(listener.awaited, listener.address));
          return outcome ? acknowledgedListener(listener, outcome, processId) : listener;
        },
        also: (removed, now) =>
          deadLetterStatements(
            removed.flatMap((listener) => {
              const outcome = unblocks.get(pairKey(listener.awaited, listener.address));
              return outcome && 'deadLetterError' in outcome ? [{ listener, error: outcome.deadLetterError }] : [];
            }),
            now,
          ),
      },
    );
  }

  /** Extends the claims that this process still has on these listeners by another `tasks.retry_timeout`. */
  async renew(listeners: readonly ListenerKey[]): Promise<void> {
    const { clock, dialect, processId, retryTimeoutMs } = this.#options;
    const dueAt = (await clock.read()) + retryTimeoutMs;
    await rewriteListeners(dialect, listeners, { listener: (listener) => renewed(listener, processId, dueAt) });
  }

  /** Makes claimed or deferred messages due at once. @returns how many messages. */
  release(release: Release): Promise<number> {
    return this.#options.measured('release', () => this.#release(release));
  }

  async #release(release: Release): Promise<number> {
    const { dialect } = this.#options;
    const rule = <Row extends ListenerRow | TaskRow>(row: Row, now: number) => released(row, release, now);
    let count = 0;
    for (;;) {
      const held = messageKeys(...(await dialect.outbox.held(release, RELEASED_AT_ONCE)));
      const changed = await rewriteMessages(dialect, held, { task: rule, listener: rule });
      count += changed;
      // If nothing changed, other processes were faster, and they have these messages now.
      if (changed === 0 || Math.max(held.tasks.length, held.listeners.length) < RELEASED_AT_ONCE) return count;
    }
  }

  /**
   * Makes the waiting message of a task due at once, for an operator.
   * @param probeMs the longest time that a circuit waits between probes, so that an open one sends the message now.
   * @returns the task as it was found and the database's time, at which its message is due; null: there is no such task.
   */
  async deliverNow(id: string, probeMs: number): Promise<{ task: TaskRow; dueAt: number } | null> {
    const { dialect } = this.#options;
    return rewrite(dialect, [lockTasks(dialect, [id])], ([rows = []], now) => {
      const [task] = TASKS.decodeAll(rows);
      const after = task && dueAtOnce(task, probeMs, now);
      return {
        changes: { tasks: updatesOf(after && after !== task ? [after] : []) },
        result: () => (task ? { task, dueAt: now } : null),
      };
    });
  }
}

/** Listeners have precedence over tasks: they bring the result of finished work, and tasks begin new work. */
function withinLimits(tasks: readonly TaskRow[], { targets }: DueMessages, taken: readonly ListenerRow[]): TaskRow[] {
  const left = new Map(targets.map(({ target, limit }) => [target, limit]));
  for (const { target } of taken) left.set(target, (left.get(target) ?? 0) - 1);
  return tasks.filter(({ target }) => {
    const room = left.get(target) ?? 0;
    left.set(target, room - 1);
    return room > 0;
  });
}

/** The oldest first. */
function byAge(one: TaskRow | ListenerRow, other: TaskRow | ListenerRow): number {
  return (one.enqueuedAt ?? 0) - (other.enqueuedAt ?? 0);
}
