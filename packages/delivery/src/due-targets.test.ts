import { expect, test } from '@jest/globals';
import { DueTargets, nextCheckAt } from './due-targets.ts';

test('a target is due from its earliest time until it is forgotten', () => {
  const targets = new DueTargets();
  targets.note('a', 20);
  targets.note('a', 10);
  targets.note('b', 30);
  expect([...targets.due(9)]).toEqual([]);
  expect(targets.nextAt).toBe(10);
  expect([...targets.due(10)]).toEqual([['a', 10]]);
  expect(targets.nextAt).toBe(30);
  targets.note('a', 5);
  expect([...targets.due(30)]).toEqual([
    ['a', 5],
    ['b', 30],
  ]);
  targets.forget('a');
  expect([...targets.due(30)]).toEqual([['b', 30]]);
  expect(targets.nextAt).toBeNull();
});

test('a forgotten target may be noted again', () => {
  const targets = new DueTargets();
  targets.note('a', 10);
  targets.forget('a');
  targets.note('a', 40);
  expect([...targets.due(39)]).toEqual([]);
  expect([...targets.due(40)]).toEqual([['a', 40]]);
});

test('the number of targets that are due later is limited', () => {
  const targets = new DueTargets();
  for (let n = 0; n < 20_000; n++) targets.note(`later-${n}`, 100);
  // A target that is due now is remembered in any case.
  targets.due(50);
  targets.note('now', 50);
  expect([...targets.due(60)]).toEqual([['now', 50]]);
  expect(targets.due(100).size).toBe(10_001);
});

test('a caller that needs few targets gets the next ones each time, while others come and go', () => {
  const targets = new DueTargets();
  for (let n = 0; n < 100; n++) targets.note(`${n}`, 0);
  const next = (most: number) => {
    const names: string[] = [];
    for (const [target] of targets.inTurn(10)) if (names.push(target) === most) break;
    return names;
  };
  const first = next(40);
  first.slice(0, 20).forEach((target) => targets.forget(target));
  const second = next(40);
  for (const target of first.slice(0, 20)) targets.note(target, 5);
  const third = next(40);
  expect([...first, ...second, ...third.slice(0, 20)]).toEqual(Array.from({ length: 100 }, (_, n) => `${n}`));
  expect(third.slice(20)).toEqual(first.slice(0, 20));
  // After all of them it begins again, and each is visited once in one call.
  expect(new Set(next(1_000)).size).toBe(100);
  expect(next(1_000)).toHaveLength(100);
});

test('the number of targets that are due is limited', () => {
  const targets = new DueTargets();
  targets.due(50);
  for (let n = 0; n < 100_010; n++) targets.note(`${n}`, 50);
  expect(targets.due(50).size).toBe(100_000);
});

test('after a claim, a target whose due message was not claimed is checked later', () => {
  const claim = { now: 100, isServed: false, graceMs: 0, pollIntervalMs: 20 };
  expect(nextCheckAt(150, claim)).toBe(150);
  expect(nextCheckAt(90, { ...claim, isServed: true })).toBe(90);
  expect(nextCheckAt(90, claim)).toBe(120);
  expect(nextCheckAt(90, { ...claim, graceMs: 50 })).toBe(140);
  expect(nextCheckAt(90, { ...claim, graceMs: 5 })).toBe(120);
});
