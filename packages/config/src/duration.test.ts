import { expect, test } from '@jest/globals';
import { parseDuration } from './index.ts';

test.each([
  ['0ms', 0],
  ['500ms', 500],
  ['15s', 15_000],
  ['2m', 120_000],
  ['1h30m', 5_400_000],
  ['1d2h3m4s5ms', 93_784_005],
])('%s is %i ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(['', '15', 's', '1.5s', '-1s', '1 s', '1w', '1h30', '1H', '9007199254740993ms', `${'9'.repeat(400)}d`])(
  '%j is no duration',
  (text) => {
    expect(parseDuration(text)).toBeNull();
  },
);
