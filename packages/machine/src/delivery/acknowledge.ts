import type { ListenerRow, TaskRow } from '../rows.ts';
import { isClaimedBy } from './message-row.ts';

/** The outcome of an `unblock` that a process had claimed. */
export type UnblockOutcome = { kind: 'unblock'; awaited: string; address: string } & (
  | { delivered: true }
  /** It is tried again at `dueAt` (epoch ms). */
  | { delivered: false; dueAt: number }
  /** It is not tried again: it becomes a dead letter with this error. */
  | { delivered: false; deadLetterError: string }
);

/** A failed attempt to send an `execute`; the next one is at `dueAt`. Success is not recorded: acquiring the task ends it. */
export interface ExecuteOutcome {
  kind: 'execute';
  id: string;
  version: number;
  delivered: false;
  dueAt: number;
}

export type DeliveryOutcome = UnblockOutcome | ExecuteOutcome;

/** The `unblock` arrived or failed (transitions M2 and M3). @returns null: the row is deleted. */
export function acknowledgedListener(
  listener: ListenerRow,
  outcome: UnblockOutcome,
  processId: string,
): ListenerRow | null {
  if (!isClaimedBy(listener, processId)) return listener;
  return 'dueAt' in outcome ? { ...listener, dueAt: outcome.dueAt, claimedBy: null } : null;
}

/** The `execute` failed (transition M3). A task that has changed since it was claimed is left alone. */
export function failedTask(task: TaskRow, { version, dueAt }: ExecuteOutcome, processId: string): TaskRow {
  if (!isClaimedBy(task, processId) || task.version !== version) return task;
  return { ...task, dueAt, claimedBy: null };
}

/** The delivery takes longer than the retry timeout, so the claim is extended to `dueAt` (transition M5). */
export function renewed(listener: ListenerRow, processId: string, dueAt: number): ListenerRow {
  return isClaimedBy(listener, processId) ? { ...listener, dueAt } : listener;
}
