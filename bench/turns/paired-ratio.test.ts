import { expect, test } from '@jest/globals';
import { MIN_PAIRS, pairedRatio } from './paired-ratio.ts';

const ones = (count: number) => Array<number>(count).fill(1);

test('a machine that changes its speed does not change the ratio', () => {
  expect(pairedRatio([100, 10, 1_000, 50, 1, 2], [50, 5, 500, 25, 0.5, 1])).toEqual({
    ratio: 0.5,
    low: 0.5,
    high: 0.5,
  });
});

test('an outlier does not change the ratio', () => {
  expect(pairedRatio(ones(9), [0.9, 0.9, 0.9, 0.9, 1, 1.1, 1.1, 1.1, 1_000]).ratio).toBe(1);
});

// The ranks are from a table of the sign test: P(at most 1 of 10 below) = 0.011, P(at most 5 of 20 below) = 0.021.
test.each([
  [MIN_PAIRS, 1, 6],
  [10, 2, 9],
  [20, 6, 15],
])('the interval of %d sorted pairs goes from rank %d to rank %d', (pairs, low, high) => {
  const ranks = Array.from({ length: pairs }, (_, index) => index + 1);
  expect(pairedRatio(ones(pairs), ranks)).toMatchObject({ low, high });
});
