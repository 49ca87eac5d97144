import { describe, expect, test } from '@jest/globals';
import { TargetSlots } from './target-slots.ts';

function take(slots: TargetSlots, target: string, count: number): void {
  for (let index = 0; index < count; index++) slots.take(target);
}

describe('free slots', () => {
  test('are bounded by target and together', () => {
    const slots = new TargetSlots(3, 5);
    for (const target of ['a', 'b', 'c']) slots.ended(target, true);
    take(slots, 'a', 2);
    expect([slots.free('a'), slots.free('b')]).toEqual([1, 3]);
    take(slots, 'b', 2);
    expect([slots.free('a'), slots.free('b'), slots.free('c')]).toEqual([1, 1, 1]);
    slots.take('c');
    expect([slots.free('a'), slots.free('b'), slots.free('c')]).toEqual([0, 0, 0]);
  });

  test('above half of the total are for targets whose last delivery succeeded; others get one', () => {
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

  test('come back when they are released', () => {
    const slots = new TargetSlots(2, 10);
    take(slots, 'a', 2);
    slots.release('a');
    expect(slots.free('a')).toBe(1);
    slots.release('a');
    expect(slots.free('a')).toBe(2);
  });
});

describe('a share', () => {
  test('is what each target has free, when that is within the limit', () => {
    const slots = new TargetSlots(3, 100);
    take(slots, 'b', 1);
    take(slots, 'c', 3);
    expect(slots.share(['a', 'b', 'c'], 50)).toEqual([
      { target: 'a', limit: 3 },
      { target: 'b', limit: 2 },
    ]);
  });

  test('leaves at least one to each target, as far as the limit goes', () => {
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

  test('goes round when it is not enough for all: none is always last', () => {
    const slots = new TargetSlots(10, 100);
    const next = () => slots.share(['a', 'b', 'c', 'd', 'e'], 2).map(({ target }) => target);
    expect([...next(), ...next(), ...next()]).toEqual(['a', 'b', 'c', 'd', 'e', 'a']);
  });

  test('goes first to those with less under way, when it is not enough for all', () => {
    const slots = new TargetSlots(10, 100);
    take(slots, 'a', 3);
    take(slots, 'b', 1);
    expect(slots.share(['a', 'b', 'c'], 2).map(({ target }) => target)).toEqual(['c', 'b']);
  });

  test('goes last to those that failed last', () => {
    const slots = new TargetSlots(10, 100);
    slots.ended('a', false);
    take(slots, 'b', 3);
    expect(slots.share(['a', 'b'], 1).map(({ target }) => target)).toEqual(['b']);
  });

  test('never exceeds what is free together', () => {
    const slots = new TargetSlots(10, 12);
    take(slots, 'x', 9);
    const shares = slots.share(['a', 'b', 'c', 'd'], 100);
    expect(shares.reduce((sum, { limit }) => sum + limit, 0)).toBe(3);
    take(slots, 'x', 3);
    expect(slots.share(['a', 'b'], 100)).toEqual([]);
  });
});
