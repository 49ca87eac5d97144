import {
  claimed,
  isClaimable,
  type Changes,
  type Claimer,
  type ListenerRow,
  type PromiseRow,
  type TaskRow,
  type WorkingSet,
} from '@resonate/machine';
import type { Transport } from '@resonate/protocol';

/** A message to deliver, with the rows it is made from. */
export type Delivery =
  | { kind: 'execute'; task: TaskRow }
  | { kind: 'unblock'; listener: ListenerRow; promise: PromiseRow };

/** The message's row in the outbox: its address, how often it was tried, and who has claimed it. */
export function rowOf(delivery: Delivery): TaskRow | ListenerRow {
  return delivery.kind === 'execute' ? delivery.task : delivery.listener;
}

/** Reserved room for one message in a connection of this process. The caller calls `send` or `cancel`, once. */
export interface Slot {
  send(delivery: Delivery): void;
  cancel(): void;
}

/** The connections of this process. */
export interface Receiver {
  readonly transport: Transport;
  /** @returns a slot in a connection that serves this target; null if there is none with room. */
  reserve(target: string, prefers: string | null, delivery: Delivery): Slot | null;
}

/**
 * Messages that a batch makes due and that a connection of this process has room for. The batch writes their rows as
 * claimed, and they are sent right after its commit. So their delivery needs no statement of its own.
 */
export class Offer {
  readonly #receiver: Receiver | null;
  readonly #by: Claimer;
  readonly #slots: { slot: Slot; delivery: Delivery }[] = [];

  /** @param receiver null: this process has no connections. */
  constructor(receiver: Receiver | null, by: Claimer) {
    this.#receiver = receiver;
    this.#by = by;
  }

  /** Claims the messages that there is room for. Modifies `changes`. */
  take(changes: Changes, ws: WorkingSet, now: number): void {
    const receiver = this.#receiver;
    if (!receiver) return;
    const unblock = (listener: ListenerRow): Delivery | null => {
      const promise = ws.promises.peek(listener.awaited);
      return promise && { kind: 'unblock', listener, promise };
    };
    const execute = (task: TaskRow): Delivery => ({ kind: 'execute', task });
    // Listeners first: they get the result of finished work, tasks begin new work.
    // A listener that is registered in the batch that settles its promise is inserted as due.
    this.#claim(changes.listeners.inserts, unblock, receiver, now);
    this.#claim(changes.listeners.updates, unblock, receiver, now);
    this.#claim(changes.tasks.inserts, execute, receiver, now);
    this.#claim(changes.tasks.updates, execute, receiver, now);
  }

  /** To be called after the commit. @throws the first error of a slot, after all others were sent. */
  send(): void {
    const errors: unknown[] = [];
    for (const { slot, delivery } of this.#slots) {
      try {
        slot.send(delivery);
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }

  /** To be called if there was no commit. */
  cancel(): void {
    this.#slots.splice(0).forEach(({ slot }) => slot.cancel());
  }

  #claim<Row extends TaskRow | ListenerRow>(
    rows: Row[],
    deliver: (row: Row) => Delivery | null,
    receiver: Receiver,
    now: number,
  ): void {
    rows.forEach((row, index) => {
      if (!isFresh(row, receiver.transport, now)) return;
      const taken = claimed(row, this.#by, now);
      const delivery = deliver(taken);
      const slot = delivery && receiver.reserve(row.target, row.prefers, delivery);
      if (!slot) return;
      rows[index] = taken;
      this.#slots.push({ slot, delivery });
    });
  }
}

function isFresh(row: TaskRow | ListenerRow, transport: Transport, now: number): boolean {
  return row.transport === transport && row.claimedBy === null && isClaimable(row, now);
}
