import type { TaskRow } from '../rows.ts';
import { isDue, isWaiting, type MessageRow } from './message-row.ts';

/** What is given back. */
export interface Release {
  /** What these processes have claimed or deferred; null: whatever any process has. */
  processIds: ReadonlySet<string> | null;
  /** `deferred`: claims stay, as what was delivered under them is not to go out again. */
  only?: 'deferred';
  /** Claims of one transport that would be due again at `dueFrom` (epoch ms) or later: those made since a moment. */
  since?: { transport: string; dueFrom: number };
}

/**
 * A message is due at once since the process that claimed or deferred it is gone, or does not know what it holds
 * (transition M4). One whose time has come anyway is left alone.
 */
export function released<Row extends MessageRow>(message: Row, { processIds, only, since }: Release, now: number): Row {
  const { claimedBy, deferredBy, dueAt, transport } = message;
  const holders = only === 'deferred' ? [deferredBy] : [claimedBy, deferredBy];
  const isTheirs = holders.some((id) => id !== null && (processIds?.has(id) ?? true));
  if (!isTheirs || !isWaiting(message) || isDue(message, now)) return message;
  if (since && (transport !== since.transport || dueAt === null || dueAt < since.dueFrom)) return message;
  return { ...message, dueAt: now, claimedBy: null, deferredBy: null };
}

/** An operator asks for the `execute` now, whatever delays it (transition M8). One under way may then come twice. */
export function dueAtOnce(task: TaskRow, now: number): TaskRow {
  if (!isWaiting(task) || isDue(task, now)) return task;
  return { ...task, enqueuedAt: task.enqueuedAt ?? now, dueAt: now, claimedBy: null, deferredBy: null };
}
