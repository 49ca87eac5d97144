import type { Claimed } from '@resonate/store';

/** The targets that a claim returned messages for. */
export function servedTargets({ executes, unblocks }: Claimed): ReadonlySet<string> {
  return new Set([...executes, ...unblocks.map(({ listener }) => listener)].map(({ target }) => target));
}
