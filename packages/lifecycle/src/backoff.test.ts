import { expect, test } from '@jest/globals';
import { backoffMs } from './backoff.ts';

const OPTIONS = { minMs: 100, maxMs: 1_000 };

test('the wait doubles with each attempt up to the maximum, and half of it is random', () => {
  const longest = [1, 2, 3, 4, 5, 1_000_000].map((attempt) => backoffMs(attempt, OPTIONS, () => 1));
  const shortest = [1, 2, 3, 4, 5, 1_000_000].map((attempt) => backoffMs(attempt, OPTIONS, () => 0));
  expect(longest).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  expect(shortest).toEqual([50, 100, 200, 400, 500, 500]);
});
