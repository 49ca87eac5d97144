import { createHistogram } from 'node:perf_hooks';

/** All values in milliseconds; zeros if nothing was recorded. */
export interface LatencySummary {
  count: number;
  p50: number;
  p90: number;
  p99: number;
  max: number;
}

const LONGEST_US = 600_000_000;

/** Latencies in an HDR histogram with three significant figures, from a microsecond to ten minutes. */
export class Latencies {
  readonly #histogram = createHistogram({ lowest: 1, highest: LONGEST_US, figures: 3 });

  record(ms: number): void {
    this.#histogram.record(Math.min(LONGEST_US, Math.max(1, Math.round(ms * 1_000))));
  }

  summary(): LatencySummary {
    const histogram = this.#histogram;
    if (histogram.count === 0) return { count: 0, p50: 0, p90: 0, p99: 0, max: 0 };
    const percentile = (p: number) => histogram.percentile(p) / 1_000;
    return {
      count: histogram.count,
      p50: percentile(50),
      p90: percentile(90),
      p99: percentile(99),
      max: histogram.max / 1_000,
    };
  }
}
