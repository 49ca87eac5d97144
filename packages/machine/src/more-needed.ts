import type { Needs } from './needs.ts';

/**
 * A request turned out to need rows that could not be named beforehand: the settlement of a promise that is expired and
 * not settled yet, or the branch of a promise that the batch itself made. The batch must be repeated with them. Rare:
 * the scheduler settles within milliseconds, so the normal load stays small.
 */
export class MoreNeeded extends Error {
  override readonly name = 'MoreNeeded';
  readonly #settlements: readonly string[];
  readonly #branches: readonly string[];

  constructor({ settlements = [], branches = [] }: { settlements?: readonly string[]; branches?: readonly string[] }) {
    super(`more rows must be loaded: ${JSON.stringify({ settlements, branches })}`);
    this.#settlements = settlements;
    this.#branches = branches;
  }

  announce(needs: Needs): void {
    for (const id of this.#settlements) needs.settlement(id);
    for (const name of this.#branches) needs.branch(name);
  }
}
