import { describe, expect, test } from '@jest/globals';
import type { PromiseRecord } from '@resonate/protocol';
import { checkOccurrences, type FiredSchedule } from './occurrences.ts';

const SCHEDULE: FiredSchedule = { id: 's', everyMs: 2_000, createdAt: 10_500, lastRunAt: 20_000, deletedAt: 20_300 };

function promise(at: number): PromiseRecord {
  const settled = { param: {}, value: {}, tags: {}, timeoutAt: at + 1_000 };
  return { id: `tick.s.${at}`, state: 'pending', createdAt: at, ...settled };
}

const ALL = [12_000, 14_000, 16_000, 18_000, 20_000].map(promise);

describe('occurrences', () => {
  test('are correct if each one has its promise', () => {
    expect(checkOccurrences(SCHEDULE, ALL)).toEqual([]);
  });

  test('may continue until the deletion', () => {
    expect(checkOccurrences({ ...SCHEDULE, deletedAt: 22_001 }, [...ALL, promise(22_000)])).toEqual([]);
  });

  test.each<[string, string, PromiseRecord[]]>([
    ['a gap', 'no promise for 16000', ALL.filter(({ createdAt }) => createdAt !== 16_000)],
    ['a missing first one', 'no promise for 12000', ALL.slice(1)],
    ['a missing last one', 'no promise for 20000', ALL.slice(0, -1)],
    ['an occurrence with two promises', '1 occurrences have two promises', [...ALL, promise(16_000)]],
    ['one before the creation', 'a promise for 10000, which is no occurrence', [...ALL, promise(10_000)]],
    ['one at a wrong time', 'a promise for 15000, which is no occurrence', [...ALL, promise(15_000)]],
    ['one after the deletion', 'after its deletion', [...ALL, promise(22_000)]],
    ['one created at another time', 'was created at 1', [{ ...promise(12_000), createdAt: 1 }, ...ALL.slice(1)]],
    ['none at all', 'no promise for 12000', []],
  ])('are found to be wrong: %s', (_, what, promises) => {
    expect(checkOccurrences(SCHEDULE, promises).join('\n')).toContain(what);
  });
});
