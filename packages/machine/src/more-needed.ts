import type { Needs } from './needs.ts';

export interface More {
  /** Promises that may settle. */
  settlements?: readonly string[];
  branches?: readonly string[];
  /**
   * The time (epoch ms) that these rows' names were made of, when they contain one. The request must be repeated with this
   * time as `Context.instantAt`: with a newer time it would name other rows, and so on for ever.
   */
  instantAt?: number;
}

/**
 * A request needs rows that could not be named beforehand: the settlement of a promise that has expired but is not settled
 * yet, the promise of a schedule's run, or the branch of a promise that the batch itself created. The batch must run again
 * with these rows. This is rare: the scheduler settles within milliseconds, so the normal load stays small.
 */
export class MoreNeeded extends Error {
  override readonly name = 'MoreNeeded';
  readonly instantAt: number | undefined;
  readonly #settlements: readonly string[];
  readonly #branches: readonly string[];

  constructor({ settlements = [], branches = [], instantAt }: More) {
    super(`more rows must be loaded: ${JSON.stringify({ settlements, branches })}`);
    this.instantAt = instantAt;
    this.#settlements = settlements;
    this.#branches = branches;
  }

  announce(needs: Needs): void {
    for (const id of this.#settlements) needs.settlement(id);
    for (const name of this.#branches) needs.branch(name);
  }
}
