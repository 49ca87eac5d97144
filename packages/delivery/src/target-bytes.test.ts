import { describe, expect, test } from '@jest/globals';
import { TargetBytes } from './target-bytes.ts';

const PROVEN = () => true;
const UNKNOWN = () => false;

/** Holds messages of this size until one is refused. @returns how many. */
function fill(bytes: TargetBytes, target: string, size: number, isProven = PROVEN): number {
  let count = 0;
  while (bytes.admission(isProven)(target, size)) {
    bytes.hold(target, size);
    count++;
  }
  return count;
}

describe('one target', () => {
  test('gets a quarter of the bytes that the other targets leave', () => {
    const bytes = new TargetBytes(3_200);
    expect(fill(bytes, 'a', 1)).toBe(800);
    expect(fill(bytes, 'b', 1)).toBe(600);
    expect(fill(bytes, 'c', 1)).toBe(450);
    expect(bytes.left).toBe(3_200 - 800 - 600 - 450);
  });

  test('gets at least one message if any bytes are left, however large it is', () => {
    const bytes = new TargetBytes(100);
    expect(fill(bytes, 'a', 90)).toBe(1);
    expect(fill(bytes, 'b', 90)).toBe(1);
    expect(bytes.left).toBe(0);
    expect(fill(bytes, 'c', 90)).toBe(0);
  });

  test('can use bytes again that were released', () => {
    const bytes = new TargetBytes(400);
    expect(fill(bytes, 'a', 50)).toBe(2);
    bytes.release('a', 50);
    expect(fill(bytes, 'a', 50)).toBe(1);
    for (let count = 0; count < 2; count++) bytes.release('a', 50);
    expect(bytes.left).toBe(400);
  });
});

test('many targets that have not proven to work leave a quarter of all bytes to those that have', () => {
  const bytes = new TargetBytes(3_200);
  for (let index = 0; index < 100; index++) fill(bytes, `unknown ${index}`, 10, UNKNOWN);
  expect(fill(bytes, 'another', 10, UNKNOWN)).toBe(0);
  expect(bytes.left).toBe(800);
  expect(fill(bytes, 'proven', 10)).toBe(20);
});

test('what one claim takes counts for the rest of that claim, and not for others', () => {
  const bytes = new TargetBytes(400);
  const admits = bytes.admission(PROVEN);
  expect([admits('a', 100), admits('a', 100), admits('b', 100), admits('b', 100)]).toEqual([true, false, true, false]);
  expect(bytes.left).toBe(400);
  expect(bytes.admission(PROVEN)('a', 100)).toBe(true);
});
