import type { Changes, ListenerRow, TaskRow } from '@resonate/machine';
import type { Transport } from '@resonate/protocol';

/** What a committed batch made due: hints for the loops that wait for it, never the truth. */
export interface Hints {
  /** The earliest timer the batch set or moved; null without one. */
  timerAt: number | null;
  /** Per transport, when the earliest message that nobody claimed yet is due. */
  deliveries: Map<Transport, number>;
}

export function hintsOf(changes: Changes): Hints {
  const hints: Hints = { timerAt: null, deliveries: new Map() };
  const timer = (at: number | null) => {
    if (at !== null && (hints.timerAt === null || at < hints.timerAt)) hints.timerAt = at;
  };
  const delivery = (row: TaskRow | ListenerRow) => {
    if (row.dueAt === null || row.claimedBy !== null) return;
    hints.deliveries.set(row.transport, Math.min(row.dueAt, hints.deliveries.get(row.transport) ?? Infinity));
  };
  for (const row of changes.promises.inserts) if (row.state === 'pending') timer(row.timeoutAt);
  for (const row of [...changes.tasks.inserts, ...changes.tasks.updates]) {
    if (row.state === 'acquired') timer(row.dueAt);
    if (row.state === 'pending') delivery(row);
  }
  for (const row of changes.listeners.updates) delivery(row);
  for (const row of [...changes.schedules.inserts, ...changes.schedules.updates]) timer(row.nextRunAt);
  return hints;
}
