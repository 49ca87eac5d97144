import type { IdStyle } from './ids.ts';
import type { LatencySummary } from './latencies.ts';

/** What the bench tells the load generator's process. */
export interface Job {
  scenario: string;
  url: string;
  /** How many callers at once, each beginning anew when its round is over; with `perSecond` the most rounds under way. */
  callers: number;
  /** Rounds begin at this rate, whatever earlier ones take. */
  perSecond?: number;
  ids: IdStyle;
  /** Of random ids. */
  seed?: number;
  warmupMs: number;
  durationMs: number;
}

export interface LoadResult {
  rounds: number;
  requests: number;
  elapsedMs: number;
  /** CPU time the load generator itself took. */
  loadCpuMs: number;
  latency: LatencySummary;
}

/** What a load generator answers: once when the warm-up is over, once at the end. */
export type LoadMessage<Result> =
  { kind: 'measuring' } | { kind: 'measured'; result: Result } | { kind: 'failed'; message: string };
