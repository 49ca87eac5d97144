import { describe, expect, test } from '@jest/globals';
import { parseExactJson } from './exact-json.ts';

describe('JSON of an option', () => {
  test.each([
    '9007199254740992',
    '-9007199254740992',
    '10000000000000000000000',
    '1.2345678901234567891',
    '1e400',
    '"1234567890123456789"',
    '{"1234567890123456789":"\\"1234567890123456789"}',
    '[-0,0,null,"\\\\",1]',
  ])('is accepted: %s', (text) => {
    expect(parseExactJson(text, '--arg')).toEqual(JSON.parse(text));
  });

  test.each([
    ['1234567890123456789', '1234567890123456789'],
    ['-9007199254740993', '-9007199254740993'],
    ['{"a\\\\":[1,9007199254740993]}', '9007199254740993'],
    ['9'.repeat(400), `${'9'.repeat(80)}…`],
  ])('is refused, because a number would change: %s', (text, shown) => {
    expect(() => parseExactJson(text, '--arg')).toThrow(
      `--arg: ${shown} cannot be sent exactly as a JSON number; send it as a string`,
    );
  });

  test('is checked in a time that grows with its length only linearly', () => {
    const startedAt = performance.now();
    parseExactJson(`["${'\\"1'.repeat(300_000)}",${'1,'.repeat(300_000)}1]`, '--arg');
    expect(() => parseExactJson('9'.repeat(1_000_000), '--arg')).toThrow('--arg');
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  test('is an error if it is not JSON', () => {
    expect(() => parseExactJson('12345678901234567891x', '--arg')).toThrow(SyntaxError);
  });
});
