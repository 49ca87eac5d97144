import type { Changes, ListenerRow, PromiseRow, TaskRow, WorkingSet } from '@resonate/machine';
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
  reserve(target: string, prefers: string | null): Slot | null;
}

/** What a batch hands over once it is committed. */
export interface Offer {
  send(): void;
  cancel(): void;
}

export interface Claimer {
  processId: string;
  retryTimeoutMs: number;
}

const NOTHING: Offer = { send: () => {}, cancel: () => {} };

/**
 * Claims, within the batch that made them due, the messages that a connection of this process can carry at once: they
 * are written as claimed in the same flush and sent right after the commit, so that handing over costs no statement.
 * Changes `changes` in place.
 */
export function offer(changes: Changes, ws: WorkingSet, now: number, receiver: Receiver | null, by: Claimer): Offer {
  if (!receiver) return NOTHING;
  const slots: { slot: Slot; delivery: Delivery }[] = [];
  const take = <Row extends TaskRow | ListenerRow>(rows: Row[], deliver: (row: Row) => Delivery | null) => {
    rows.forEach((row, index) => {
      if (!isFresh(row, receiver.transport, now)) return;
      const claimed = { ...row, claimedBy: by.processId, attempts: row.attempts + 1, dueAt: now + by.retryTimeoutMs };
      const delivery = deliver(claimed);
      const slot = delivery && receiver.reserve(row.target, row.prefers);
      if (!slot || !delivery) return;
      rows[index] = claimed;
      slots.push({ slot, delivery });
    });
  };
  const unblock = (listener: ListenerRow): Delivery | null => {
    const promise = ws.promises.peek(listener.awaited);
    return promise && { kind: 'unblock', listener, promise };
  };
  const execute = (task: TaskRow): Delivery | null =>
    task.state === 'pending' && now < task.timeoutAt ? { kind: 'execute', task } : null;
  // A listener's answer before new work: it ends something, work begins something.
  take(changes.listeners.updates, unblock);
  take(changes.tasks.inserts, execute);
  take(changes.tasks.updates, execute);
  return {
    send: () => slots.forEach(({ slot, delivery }) => slot.send(delivery)),
    cancel: () => slots.forEach(({ slot }) => slot.cancel()),
  };
}

function isFresh(row: TaskRow | ListenerRow, transport: Transport, now: number): boolean {
  return row.transport === transport && row.claimedBy === null && row.dueAt !== null && row.dueAt <= now;
}
