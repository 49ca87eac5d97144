import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { closedLoop } from './closed-loop.ts';
import { openLoop } from './open-loop.ts';

/** Rounds that count how often they run. Each takes `takesMs`. */
function rounds(callers: number, takesMs: number) {
  const counts = { begun: 0, underWay: 0, mostUnderWay: 0 };
  const round = async () => {
    counts.begun++;
    counts.mostUnderWay = Math.max(counts.mostUnderWay, ++counts.underWay);
    await pause(takesMs);
    counts.underWay--;
    return performance.now();
  };
  return { counts, rounds: Array.from({ length: callers }, () => round) };
}

describe('an open loop', () => {
  test('begins rounds at the given rate, no matter how long each takes', async () => {
    const { counts, rounds: all } = rounds(50, 100);
    const { latencies, elapsedMs } = await openLoop(all, 100, 300);
    expect(counts.begun).toBe(30);
    expect(counts.mostUnderWay).toBeGreaterThan(5);
    expect(latencies.summary().count).toBe(30);
    expect(elapsedMs).toBeGreaterThanOrEqual(380);
  });

  test('includes the wait for a free caller in the latency', async () => {
    const { rounds: all } = rounds(1, 50);
    // Ten rounds are due within 100 ms; one after the other they take 500 ms.
    const { latencies } = await openLoop(all, 100, 100);
    const { count, max } = latencies.summary();
    expect(count).toBe(10);
    expect(max).toBeGreaterThanOrEqual(400);
  });

  test('fails with the error of a failed round', async () => {
    const broken = () => Promise.reject(new Error('refused'));
    await expect(openLoop([broken], 100, 50)).rejects.toThrow('refused');
  });
});

test('in a closed loop each caller runs one round at a time', async () => {
  const { counts, rounds: all } = rounds(3, 20);
  const { latencies } = await closedLoop(all, 100);
  const { count, p50 } = latencies.summary();
  expect(counts.mostUnderWay).toBe(3);
  expect(count).toBe(counts.begun);
  expect(count).toBeLessThanOrEqual(18);
  expect(p50).toBeGreaterThanOrEqual(19);
});
