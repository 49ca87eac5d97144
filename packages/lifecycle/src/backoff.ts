export interface BackoffOptions {
  minMs: number;
  maxMs: number;
}

/**
 * How long to wait after attempt `attempt` (from 1) failed, in ms. The wait doubles with each attempt. Half of it is
 * random, so that processes that failed together do not retry together.
 */
export function backoffMs(
  attempt: number,
  { minMs, maxMs }: BackoffOptions,
  random: () => number = Math.random,
): number {
  const ceiling = Math.min(maxMs, minMs * 2 ** Math.min(attempt - 1, 30));
  return Math.round(ceiling * (0.5 + random() / 2));
}
