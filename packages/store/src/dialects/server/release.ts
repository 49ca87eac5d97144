import type { ClaimsSince, RecordedOutcome } from '../../dialect.ts';

/** So many are released at a time, so that no lock is held for long. */
export const RELEASED_AT_ONCE = 1_000;

/** A claim as it was found, and what its process would say to give the message back. */
export interface HeldClaim {
  processId: string;
  outcome: RecordedOutcome;
}

export interface ClaimHolder {
  /**
   * Without a lock: at most `RELEASED_AT_ONCE` tasks and as many listeners that these processes (null: any) claimed and
   * that are due again later. One whose time has come needs no release, so the backlog is not looked at.
   */
  heldClaims(processIds: readonly string[] | null, since?: ClaimsSince): Promise<HeldClaim[]>;
  acknowledge(outcomes: readonly RecordedOutcome[], processId: string): Promise<void>;
}

/** Gives back what processes claimed, as if they had said so themselves: what moved on meanwhile is left alone. */
export async function releaseClaims(
  holder: ClaimHolder,
  processIds: readonly string[] | null,
  since?: ClaimsSince,
): Promise<number> {
  let released = 0;
  for (;;) {
    const held = await holder.heldClaims(processIds, since);
    for (const [processId, claims] of Map.groupBy(held, (claim) => claim.processId)) {
      await holder.acknowledge(
        claims.map(({ outcome }) => outcome),
        processId,
      );
    }
    released += held.length;
    if (held.length < RELEASED_AT_ONCE) return released;
  }
}
