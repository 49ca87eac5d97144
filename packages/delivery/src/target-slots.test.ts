import { describe, expect, test } from '@jest/globals';
import { TargetSlots } from './target-slots.ts';

function take(slots: TargetSlots, target: string, count: number): void {
  for (let index = 0; index < count; index++) slots.take(target);
}

describe('free slots', () => {
  test('are limited per target and in total', () => {
    const slots = new TargetSlots(3, 5);
    for (const target of ['a', 'b', 'c']) slots.ended(target, true);
    take(slots, 'a', 2);
    expect([slots.free('a'), slots.free('b')]).toEqual([1, 3]);
    take(slots, 'b', 2);
    expect([slots.free('a'), slots.free('b'), slots.free('c')]).toEqual([1, 1, 1]);
    expect(slots.isFull).toBe(false);
    slots.take('c');
    expect([slots.free('a'), slots.free('b'), slots.free('c')]).toEqual([0, 0, 0]);
    expect(slots.isFull).toBe(true);
  });

  test('beyond half of the total are for targets whose last delivery succeeded; any other target gets at most one', () => {
    const slots = new TargetSlots(4, 10);
    expect(slots.share(['a', 'b', 'c'], 100)).toEqual([
      { target: 'a', limit: 4 },
      { target: 'b', limit: 1 },
      { target: 'c', limit: 1 },
    ]);
    take(slots, 'a', 4);
    take(slots, 'b', 1);
    expect([slots.free('b'), slots.free('c')]).toEqual([0, 1]);
    slots.ended('b', true);
    expect(slots.free('b')).toBe(3);
    slots.ended('b', false);
    expect(slots.free('b')).toBe(0);
  });

  test('are free again after they are released', () => {
    const slots = new TargetSlots(2, 10);
    take(slots, 'a', 2);
    slots.release('a');
    expect(slots.free('a')).toBe(1);
    slots.release('a');
    expect(slots.free('a')).toBe(2);
  });
});

describe('a share', () => {
  test('is the number of free slots of each target if the limit allows', () => {
    const slots = new TargetSlots(3, 100);
    take(slots, 'b', 1);
    take(slots, 'c', 3);
    expect(slots.share(['a', 'b', 'c'], 50)).toEqual([
      { target: 'a', limit: 3 },
      { target: 'b', limit: 2 },
    ]);
  });

  test('leaves at least one for each target if the limit allows', () => {
    const slots = new TargetSlots(100, 1_000);
    const targets = ['a', 'b', 'c', 'd'];
    const shares = slots.share(targets, 10);
    expect(shares.map(({ target }) => target)).toEqual(targets);
    expect(shares.reduce((sum, { limit }) => sum + limit, 0)).toBe(10);
    expect(slots.share(targets, 2)).toEqual([
      { target: 'a', limit: 1 },
      { target: 'b', limit: 1 },
    ]);
  });

  test('rotates if there is not enough for all, so that no target is always last', () => {
    const slots = new TargetSlots(10, 100);
    const next = () => slots.share(['a', 'b', 'c', 'd', 'e'], 2).map(({ target }) => target);
    expect([...next(), ...next(), ...next()]).toEqual(['a', 'b', 'c', 'd', 'e', 'a']);
  });

  test('prefers targets with fewer running deliveries if there is not enough for all', () => {
    const slots = new TargetSlots(10, 100);
    take(slots, 'a', 3);
    take(slots, 'b', 1);
    expect(slots.share(['a', 'b', 'c'], 2).map(({ target }) => target)).toEqual(['c', 'b']);
  });

  test('goes last to targets whose last delivery failed', () => {
    const slots = new TargetSlots(10, 100);
    slots.ended('a', false);
    take(slots, 'b', 3);
    expect(slots.share(['a', 'b'], 1).map(({ target }) => target)).toEqual(['b']);
  });

  test('never exceeds the total of free slots', () => {
    const slots = new TargetSlots(10, 12);
    take(slots, 'x', 9);
    const shares = slots.share(['a', 'b', 'c', 'd'], 100);
    expect(shares.reduce((sum, { limit }) => sum + limit, 0)).toBe(3);
    take(slots, 'x', 3);
    expect(slots.share(['a', 'b'], 100)).toEqual([]);
  });
});
