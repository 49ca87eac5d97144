import { describe, expect, test } from '@jest/globals';
import { FAULTS, planFaults, type Targets } from './faults.ts';

const TARGETS: Targets = {
  servers: ['api-1', 'api-2', 'scheduler-1'],
  workers: ['worker-1'],
  hasRedis: true,
  hasStandby: true,
};
const MINUTES_MS = 10 * 60_000;

describe('the faults of a run', () => {
  const plan = planFaults(7, MINUTES_MS, TARGETS);

  test('depend only on the seed', () => {
    expect(planFaults(7, MINUTES_MS, TARGETS)).toEqual(plan);
    expect(planFaults(8, MINUTES_MS, TARGETS)).not.toEqual(plan);
  });

  test('are the first ones of a longer run with the same seed', () => {
    const longer = planFaults(7, 2 * MINUTES_MS, TARGETS);
    expect(longer.slice(0, plan.length - 1)).toEqual(plan.slice(0, -1));
  });

  test('are of every kind', () => {
    expect(new Set(plan.map(({ kind }) => kind))).toEqual(new Set(Object.keys(FAULTS)));
  });

  test('do not include Redis or a standby if there is none', () => {
    const kinds = planFaults(7, MINUTES_MS, { ...TARGETS, hasRedis: false, hasStandby: false }).map(({ kind }) => kind);
    expect(kinds).not.toContain('redis-kill');
    expect(kinds).not.toContain('database-failover');
    expect(kinds).toContain('wakeup-silent');
    expect(kinds).toContain('database-kill');
  });

  test('end before the run does', () => {
    expect(Math.max(...plan.map(({ atMs, lastsMs }) => atMs + lastsMs))).toBeLessThan(MINUTES_MS);
  });

  test('never overlap on one target', () => {
    for (const [target, faults] of Map.groupBy(plan, ({ target }) => target)) {
      const early = faults.filter(({ atMs }, index) => {
        const before = faults[index - 1];
        return before && before.atMs + before.lastsMs > atMs;
      });
      expect({ target, early }).toEqual({ target, early: [] });
    }
  });
});
