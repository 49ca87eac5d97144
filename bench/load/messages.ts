import type { IdStyle } from './ids.ts';
import type { LatencySummary } from './latencies.ts';

/** What the bench tells the load generator's process. */
export interface Job {
  scenario: string;
  url: string;
  callers: number;
  ids: IdStyle;
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

/** What the load generator answers: once when the warm-up is over, once at the end. */
export type LoadMessage =
  { kind: 'measuring' } | { kind: 'measured'; result: LoadResult } | { kind: 'failed'; message: string };
