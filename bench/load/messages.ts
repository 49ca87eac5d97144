import type { IdStyle } from './ids.ts';
import type { LatencySummary } from './latencies.ts';

/** The job that the bench sends to the load generator's process. */
export interface Job {
  scenario: string;
  url: string;
  /**
   * The number of concurrent callers. Each begins a new round when its last one has ended. With `perSecond`, the
   * maximum number of running rounds.
   */
  callers: number;
  /** Rounds begin at this rate, no matter how long earlier ones take. */
  perSecond?: number;
  ids: IdStyle;
  /** The seed of random ids. */
  seed?: number;
  warmupMs: number;
  durationMs: number;
}

export interface LoadResult {
  rounds: number;
  requests: number;
  elapsedMs: number;
  /** CPU time that the load generator itself used. */
  loadCpuMs: number;
  latency: LatencySummary;
}

/** The messages of a load generator: one when the warm-up is over, one at the end. */
export type LoadMessage<Result> =
  | { kind: 'measuring' }
  | { kind: 'measured'; result: Result }
  | { kind: 'failed'; message: string };
