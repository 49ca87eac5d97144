import { expect, test } from '@jest/globals';
import { parseTagPeriod } from './index.ts';

test.each([
  ['team=billing-*:90d', { name: 'team', pattern: 'billing-*', afterMs: 90 * 86_400_000 }],
  ['keep=true:never', { name: 'keep', pattern: 'true', afterMs: null }],
  ['resonate:target=poll://any@a=b:1h', { name: 'resonate:target', pattern: 'poll://any@a=b', afterMs: 3_600_000 }],
  ['empty=:1s', { name: 'empty', pattern: '', afterMs: 1_000 }],
])('%s says how long promises with a tag are kept', (text, period) => {
  expect(parseTagPeriod(text)).toEqual(period);
});

test.each(['', 'team', 'team=a', 'team=a:', 'team=a:soon', 'team=a:0ms', '=a:1d', 'team:1d'])(
  '%j is not a retention period of a tag',
  (text) => {
    expect(parseTagPeriod(text)).toBeNull();
  },
);
