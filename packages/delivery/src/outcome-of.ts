import type { Delivery, DeliveryOutcome } from '@resonate/store';

/**
 * What to record of a message that was handed to a transport.
 * @param againAt when it is due again, epoch ms; null: it was taken.
 * @returns null for an `execute` that was taken: it stays due until somebody acquires it.
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
  /** After so many attempts an `unblock` is tried no more; an `execute` is tried as long as its task waits. */
  maxAttempts: number;
}

/** What to record of a message that did not arrive. */
export function outcomeOfFailure(delivery: Delivery, { againAt, error, maxAttempts }: Failure): DeliveryOutcome | null {
  if (delivery.kind === 'execute' || delivery.listener.attempts < maxAttempts) return outcomeOf(delivery, againAt);
  const { awaited, address } = delivery.listener;
  return { kind: 'unblock', awaited, address, delivered: false, diedOf: error };
}
