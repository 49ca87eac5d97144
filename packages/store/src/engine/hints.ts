import type { Changes, ListenerRow, TaskRow } from '@resonate/machine';
import type { Transport } from '@resonate/protocol';

/** Messages of one transport that became due. */
export interface DueMessages {
  /** When the first of them is due. */
  at: number;
  /** The same for each target; null: for whom they are is not known. */
  targets: ReadonlyMap<string, number> | null;
}

/** What a committed batch made due: hints for the loops that wait for it, never the truth. */
export interface Hints {
  /** The earliest timer the batch set or moved; null without one. */
  timerAt: number | null;
  /** Per transport, the messages that nobody claimed yet. */
  deliveries: Map<Transport, DueMessages>;
}

type Due = { at: number; targets: Map<string, number> };

export function hintsOf(changes: Changes): Hints {
  const hints = { timerAt: null as number | null, deliveries: new Map<Transport, Due>() };
  const timer = (at: number | null) => {
    if (at !== null && (hints.timerAt === null || at < hints.timerAt)) hints.timerAt = at;
  };
  const delivery = (row: TaskRow | ListenerRow) => {
    if (row.dueAt === null || row.claimedBy !== null) return;
    const { transport, target, dueAt } = row;
    const due = hints.deliveries.get(transport) ?? { at: Infinity, targets: new Map<string, number>() };
    due.targets.set(target, Math.min(dueAt, due.targets.get(target) ?? Infinity));
    due.at = Math.min(due.at, dueAt);
    hints.deliveries.set(transport, due);
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
