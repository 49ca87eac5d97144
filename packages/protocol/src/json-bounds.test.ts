import { describe, expect, test } from '@jest/globals';
import { boundsError, MAX_DEPTH, MAX_KEYS } from './json-bounds.ts';

const MIB = 1024 * 1024;

function errorOf(text: string): string | null {
  return boundsError(Buffer.from(text));
}

function nested(levels: number): string {
  return '['.repeat(levels) + ']'.repeat(levels);
}

function keys(count: number): string {
  return `{${Array.from({ length: count }, (_, index) => `"${index}":0`).join()}}`;
}

describe('depth', () => {
  test('counts only brackets that are open at the same time, and nothing inside strings', () => {
    expect(errorOf(nested(MAX_DEPTH))).toBeNull();
    expect(errorOf(nested(MAX_DEPTH + 1))).toMatch(/nested deeper/);
    expect(errorOf(`[${'[],'.repeat(1000)}1]`)).toBeNull();
    expect(errorOf(JSON.stringify({ a: '[{'.repeat(1000), [`"\\${'['.repeat(100)}`]: 1 }))).toBeNull();
  });

  test('unmatched closing brackets do not raise the limit', () => {
    expect(errorOf(`${']'.repeat(100)}${nested(MAX_DEPTH + 1)}`)).toMatch(/nested deeper/);
  });
});

describe('keys of one object', () => {
  test('are limited; the items of a list are not', () => {
    expect(errorOf(keys(MAX_KEYS))).toBeNull();
    expect(errorOf(keys(MAX_KEYS + 1))).toMatch(/more than 10000 keys/);
    expect(errorOf(`{"a":[${'0,'.repeat(MAX_KEYS * 2)}0]}`)).toBeNull();
  });

  test('are counted before and after an inner object', () => {
    const half = Array.from({ length: MAX_KEYS / 2 + 1 }, (_, index) => `"${index}":0`).join();
    expect(errorOf(`{${half},"in":{"x":[1,2]},${half}}`)).toMatch(/more than 10000 keys/);
  });
});

describe('values', () => {
  test.each([
    ['empty lists', '[],'],
    ['empty objects', '{},'],
    ['numbers', '1,'],
    ['small objects', '{"a":1},'],
  ])('2 MiB of %s are refused', (_name, item) => {
    expect(errorOf(`[${item.repeat((2 * MIB) / item.length)}1]`)).toMatch(/too many values/);
  });

  test('a request with the maximum number of tasks is accepted', () => {
    const suspend = Array.from({ length: 50_000 }, (_, index) => ({
      kind: 'promise.register_callback',
      head: { corrId: String(index), version: '2026-04-01' },
      data: { awaited: `a${index}`, awaiter: 'a' },
    }));
    expect(errorOf(JSON.stringify(suspend))).toBeNull();
    const heartbeat = Array.from({ length: 50_000 }, (_, index) => ({ id: `${index}`, version: 1 }));
    expect(errorOf(JSON.stringify(heartbeat))).toBeNull();
  });
});

test.each([
  ['a pair', '\\ud83d\\ude00', true],
  ['a pair in capitals', '\\uD83D\\uDE00', true],
  ['pairs in a row', '\\ud83d\\ude00\\ud83d\\ude00', true],
  ['a high half', '\\ud83d', false],
  ['a high half and text', '\\ud83dx\\ude00', false],
  ['two high halves', '\\ud83d\\ud83d\\ude00', false],
  ['a low half', '\\ude00', false],
  ['a low half behind a pair', '\\ud83d\\ude00\\ude00', false],
  ['an escaped backslash before ud83d', '\\\\ud83d', true],
  ['escapes just outside the range of surrogates', '\\ud7ff\\ue000', true],
  ['a high half and another escape', '\\ud83d\\n', false],
])('a string with %s is accepted only if every surrogate is part of a pair', (_name, escaped, isText) => {
  for (const body of [`{"a":"${escaped}"}`, `{"${escaped}":"a"}`]) {
    expect(errorOf(body)).toBe(isText ? null : 'the body has a lone surrogate in a string');
    const json = JSON.parse(body) as Record<string, string>;
    const wellFormed = Object.entries(json).every(([key, value]) => key.isWellFormed() && value.isWellFormed());
    expect(wellFormed).toBe(isText);
  }
});

test('a body that ends inside a string is left to the parser', () => {
  for (const body of ['"', '"\\', '"\\u', '["a', '"\\ud83d\\ude0']) expect(errorOf(body)).toBeNull();
});
