import { describe, expect, test } from '@jest/globals';
import { Latencies } from './latencies.ts';

describe('latencies', () => {
  test('percentiles of 1 to 1000 ms are exact to a thousandth', () => {
    const latencies = new Latencies();
    for (let ms = 1000; ms >= 1; ms--) latencies.record(ms);
    const summary = latencies.summary();
    expect(summary.count).toBe(1000);
    for (const [found, expected] of [
      [summary.p50, 500],
      [summary.p90, 900],
      [summary.p99, 990],
      [summary.max, 1000],
    ] as const) {
      expect(Math.abs(found - expected)).toBeLessThanOrEqual(expected / 1_000);
    }
  });

  test('fractions of a millisecond are kept', () => {
    const latencies = new Latencies();
    latencies.record(0.137);
    expect(latencies.summary()).toMatchObject({ p50: 0.137, max: 0.137 });
  });

  test('values outside the range count as its minimum or maximum', () => {
    const latencies = new Latencies();
    latencies.record(0);
    latencies.record(Number.MAX_SAFE_INTEGER);
    const summary = latencies.summary();
    expect(summary.count).toBe(2);
    expect(summary.p50).toBe(0.001);
    expect(summary.max).toBeGreaterThanOrEqual(600_000);
  });

  test('without records all values are zero', () => {
    expect(new Latencies().summary()).toEqual({ count: 0, p50: 0, p90: 0, p99: 0, max: 0 });
  });
});
