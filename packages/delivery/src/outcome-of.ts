import type { Delivery, DeliveryOutcome } from '@resonate/store';

/**
 * What to record in the store after a message was handed to a transport.
 * @param againAt when it is due again, epoch ms; null if it was delivered.
 * @returns null for an `execute` that was delivered: it stays claimed until a worker acquires its task.
 */
export function outcomeOf(delivery: Delivery, againAt: number | null): DeliveryOutcome | null {
  if (delivery.kind === 'execute') {
    const { id, version } = delivery.task;
    return againAt === null ? null : { kind: 'execute', id, version, delivered: false, dueAt: againAt };
  }
  const { awaited, address } = delivery.listener;
  if (againAt === null) return { kind: 'unblock', awaited, address, delivered: true };
  return { kind: 'unblock', awaited, address, delivered: false, dueAt: againAt };
}

export interface Failure {
  /** When the message is due again, epoch ms. */
  againAt: number;
  /** What went wrong. */
  error: string;
  /**
   * After this many attempts an `unblock` becomes a dead letter. An `execute` is tried as long as its task is pending.
   */
  maxAttempts: number;
}

/** What to record in the store after a message was not delivered. */
export function outcomeOfFailure(delivery: Delivery, { againAt, error, maxAttempts }: Failure): DeliveryOutcome | null {
  if (delivery.kind === 'execute' || delivery.listener.attempts < maxAttempts) return outcomeOf(delivery, againAt);
  const { awaited, address } = delivery.listener;
  return { kind: 'unblock', awaited, address, delivered: false, deadLetterError: error };
}
