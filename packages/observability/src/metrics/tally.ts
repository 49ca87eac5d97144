import { REQUEST_SECONDS } from './buckets.ts';

/** Totals of one process since it started, for views of the whole cluster. */
export interface RequestCounts {
  requests: number;
  /** Answered with a 5xx. */
  errors: number;
  /** Promises that this process settled, for any reason: a request, or the promise's timeout. */
  settled: number;
  /** Requests by duration: one count for each bound in REQUEST_SECONDS, and one for longer requests. */
  times: number[];
}

/** Totals as plain numbers. Summing the metrics would need a walk through every label. */
export class Tally {
  readonly counts: RequestCounts = {
    requests: 0,
    errors: 0,
    settled: 0,
    times: Array.from({ length: REQUEST_SECONDS.length + 1 }, () => 0),
  };

  countRequest(status: number, seconds: number): void {
    const { counts } = this;
    counts.requests++;
    if (status >= 500) counts.errors++;
    let bucket = 0;
    while (bucket < REQUEST_SECONDS.length && seconds > (REQUEST_SECONDS[bucket] ?? 0)) bucket++;
    counts.times[bucket] = (counts.times[bucket] ?? 0) + 1;
  }

  countSettled(promises: number): void {
    this.counts.settled += promises;
  }
}

/** The time in ms within which `share` (0 to 1) of the requests were answered; null without requests. */
export function quantileMs(times: readonly number[], share: number): number | null {
  const wanted = times.reduce((sum, count) => sum + count, 0) * share;
  if (wanted === 0) return null;
  let below = 0;
  for (const [bucket, count] of times.entries()) {
    const from = REQUEST_SECONDS[bucket - 1] ?? 0;
    const to = REQUEST_SECONDS[bucket] ?? from;
    if (below + count >= wanted) return (from + (to - from) * ((wanted - below) / count)) * 1000;
    below += count;
  }
  return null;
}
