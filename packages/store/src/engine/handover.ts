import {
  claimed,
  isDue,
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
  { kind: 'execute'; task: TaskRow } | { kind: 'unblock'; listener: ListenerRow; promise: PromiseRow };

/** The row that stands for the message in the outbox: where it goes, how often it was tried, who has it. */
export function rowOf(delivery: Delivery): TaskRow | ListenerRow {
  return delivery.kind === 'execute' ? delivery.task : delivery.listener;
}

/** Room for one message in a connection that this process holds. Either `send` or `cancel` is called, once. */
export interface Slot {
  send(delivery: Delivery): void;
  cancel(): void;
}

/** The connections of this process. */
export interface Receiver {
  readonly transport: Transport;
  /** A slot in a connection that may take messages for this target, null when there is none or no room. */
  reserve(target: string, prefers: string | null, delivery: Delivery): Slot | null;
}

/**
 * The messages that a connection of this process can carry as soon as the batch that made them due is committed. They are
 * written as claimed in the same flush and sent right after the commit, so that delivering them costs no statement.
 */
export class Offer {
  readonly #receiver: Receiver | null;
  readonly #by: Claimer;
  readonly #slots: { slot: Slot; delivery: Delivery }[] = [];

  /** @param receiver null: nothing can be delivered from here. */
  constructor(receiver: Receiver | null, by: Claimer) {
    this.#receiver = receiver;
    this.#by = by;
  }

  /** Claims what there is room for; changes `changes` in place. */
  take(changes: Changes, ws: WorkingSet, now: number): void {
    const receiver = this.#receiver;
    if (!receiver) return;
    const unblock = (listener: ListenerRow): Delivery | null => {
      const promise = ws.promises.peek(listener.awaited);
      return promise && { kind: 'unblock', listener, promise };
    };
    const execute = (task: TaskRow): Delivery | null =>
      task.state === 'pending' && now < task.timeoutAt ? { kind: 'execute', task } : null;
    // A listener's answer before new work: it ends something, work begins something.
    this.#claim(changes.listeners.updates, unblock, receiver, now);
    this.#claim(changes.tasks.inserts, execute, receiver, now);
    this.#claim(changes.tasks.updates, execute, receiver, now);
  }

  /** After the commit. */
  send(): void {
    this.#slots.forEach(({ slot, delivery }) => slot.send(delivery));
  }

  /** When there was no commit. */
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
      if (!slot || !delivery) return;
      rows[index] = taken;
      this.#slots.push({ slot, delivery });
    });
  }
}

function isFresh(row: TaskRow | ListenerRow, transport: Transport, now: number): boolean {
  return row.transport === transport && row.claimedBy === null && isDue(row, now);
}
