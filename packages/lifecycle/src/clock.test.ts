import { expect, test } from '@jest/globals';
import { ManualClock } from './clock.ts';

test('a manual clock stands still until it is set', () => {
  const clock = new ManualClock(1000);
  expect(clock.now()).toBe(1000);
  clock.advance(500);
  expect(clock.now()).toBe(1500);
  clock.set(10);
  expect(clock.now()).toBe(10);
});
