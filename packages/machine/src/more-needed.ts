import type { Needs } from './needs.ts';
import type { CallRow } from './rows.ts';

export interface More {
  /** Promises that may settle. */
  settlements?: readonly string[];
  branches?: readonly string[];
  calls?: readonly CallRow[];
  /**
   * The time (epoch ms) that the names of these rows contain, if they contain one. The request must be repeated with this
   * time as `Context.instantAt`. With a newer time it would name other rows again, without end.
   */
  instantAt?: number;
}

/**
 * A request needs rows that were not known beforehand: those of an expired promise that must be settled, the promise of a
 * schedule's run, the branch of a promise that the batch itself created, or a call of another graph. The batch must run again
 * with these rows. Only `schedule.trigger` always does, because the id of its promise contains the time. The others are rare: the
 * scheduler settles expired promises within milliseconds.
 */
export class MoreNeeded extends Error {
  override readonly name = 'MoreNeeded';
  readonly instantAt: number | undefined;
  readonly #settlements: readonly string[];
  readonly #branches: readonly string[];
  readonly #calls: readonly CallRow[];

  constructor({ settlements = [], branches = [], calls = [], instantAt }: More) {
    super(`more rows must be loaded: ${JSON.stringify({ settlements, branches, calls })}`);
    this.instantAt = instantAt;
    this.#settlements = settlements;
    this.#branches = branches;
    this.#calls = calls;
  }

  announce(needs: Needs): void {
    for (const id of this.#settlements) needs.settlement(id);
    for (const name of this.#branches) needs.branch(name);
    for (const { called, caller } of this.#calls) needs.call(called, caller);
  }
}
