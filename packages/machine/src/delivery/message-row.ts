import type { ListenerRow, TaskRow } from '../rows.ts';

/** A row of the outbox: a task stands for its `execute` message, a listener for its `unblock`. */
export type MessageRow = TaskRow | ListenerRow;

export function isTask(message: MessageRow): message is TaskRow {
  return 'id' in message;
}

/** True while there is something to deliver: the task is pending, or the listener's promise has settled. */
export function isWaiting(message: MessageRow): boolean {
  return isTask(message) ? message.state === 'pending' : message.dueAt !== null;
}

export function isDue(message: MessageRow, now: number): boolean {
  return isWaiting(message) && message.dueAt !== null && message.dueAt <= now;
}

/** True while this process has the claim. Only then may it record the message's outcome. */
export function isClaimedBy(message: MessageRow, processId: string): boolean {
  return isWaiting(message) && message.claimedBy === processId;
}
