import type { TaskRow } from '../rows.ts';
import { isDue, isWaiting, type MessageRow } from './message-row.ts';

/** Which claims and deferrals to release. */
export interface Release {
  /** Only claims and deferrals of these processes; null: of all processes. */
  processIds: ReadonlySet<string> | null;
  /** `deferred`: releases no claims, because claimed messages may have been delivered and must not be sent twice. */
  only?: 'deferred';
  /**
   * Only messages of this transport that are due at `dueFrom` (epoch ms) or later. A claim sets the due time to its own
   * time plus the retry timeout, so this selects the claims since `dueFrom` minus that timeout.
   */
  since?: { transport: string; dueFrom: number };
}

/**
 * Makes a message due at once, because the process that claimed or deferred it has ended, or lost the answer to its claim
 * (transition M4). A message that is due anyway is left alone.
 */
export function released<Row extends MessageRow>(message: Row, { processIds, only, since }: Release, now: number): Row {
  const { claimedBy, deferredBy, dueAt, transport } = message;
  const holders = only === 'deferred' ? [deferredBy] : [claimedBy, deferredBy];
  const isHeldByOneOf = holders.some((id) => id !== null && (processIds?.has(id) ?? true));
  if (!isHeldByOneOf || !isWaiting(message) || isDue(message, now)) return message;
  if (since && (transport !== since.transport || dueAt === null || dueAt < since.dueFrom)) return message;
  return { ...message, dueAt: now, claimedBy: null, deferredBy: null };
}

/**
 * An operator makes the `execute` due now, whatever delays it (transition M8). One that is being sent may arrive twice.
 * @param probeMs a message that is pushed gets a due time this long ago. If that is before its target's circuit opened, the
 * message is sent as a probe at once. A worker's stream (`poll`) has no circuit.
 */
export function dueAtOnce(task: TaskRow, probeMs: number, now: number): TaskRow {
  if (!isWaiting(task) || isDue(task, now)) return task;
  const dueAt = task.transport === 'poll' ? now : now - probeMs;
  return { ...task, enqueuedAt: task.enqueuedAt ?? now, dueAt, claimedBy: null, deferredBy: null };
}
