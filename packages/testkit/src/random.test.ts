import { describe, expect, test } from '@jest/globals';
import { Random } from './random.ts';

function draw(seed: number, count: number): number[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => random.int(3, 7));
}

describe('seeded randomness', () => {
  test('repeats itself from the same seed, and differs from another', () => {
    expect(draw(1, 50)).toEqual(draw(1, 50));
    expect(draw(1, 50)).not.toEqual(draw(2, 50));
  });

  test('reaches every integer of the range, both ends included, about equally often', () => {
    const counts = new Map<number, number>();
    for (const drawn of draw(42, 10_000)) counts.set(drawn, (counts.get(drawn) ?? 0) + 1);
    expect([...counts.keys()].sort()).toEqual([3, 4, 5, 6, 7]);
    for (const count of counts.values()) expect(Math.abs(count - 2_000)).toBeLessThan(200);
  });

  test('follows chances and weights', () => {
    const random = new Random(7);
    const hits = Array.from({ length: 10_000 }, () => random.chance(0.2)).filter(Boolean).length;
    expect(Math.abs(hits - 2_000)).toBeLessThan(200);
    const picks = Array.from({ length: 10_000 }, () => random.weighted({ often: 9, seldom: 1, never: 0 }));
    expect(picks).not.toContain('never');
    expect(Math.abs(picks.filter((pick) => pick === 'seldom').length - 1_000)).toBeLessThan(150);
  });

  test('has nothing to pick from an empty list', () => {
    expect(() => new Random(1).pick([])).toThrow('nothing to pick from');
  });
});
