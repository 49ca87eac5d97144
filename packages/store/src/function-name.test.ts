import { describe, expect, test } from '@jest/globals';
import { functionName, functionNameOf, MAX_FUNCTION_NAME, PARAM_HEAD } from './function-name.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const name = (json: string) => functionName({ data: base64(json) });

describe('the function that a param calls', () => {
  test.each([
    ['as the TypeScript SDK writes it', '{"func":"charge","args":[1],"version":1}', 'charge'],
    ['as the Python SDK writes it', '{"func": "charge", "args": [1], "kwargs": {}, "version": 1}', 'charge'],
    ['with escapes', '{"func":"a \\"b\\" \\u00fc"}', 'a "b" ü'],
    ['behind other keys is not looked for', '{"args":[],"func":"charge"}', undefined],
    ['that has no name', '{"func":""}', undefined],
    ['with a NUL, which databases refuse', '{"func":"a\\u0000"}', undefined],
    ['with half a surrogate pair, which databases refuse', '{"func":"a\\ud83d"}', undefined],
    ['in a text that is no JSON', 'func', undefined],
  ])('%s', (_, json, expected) => {
    expect(name(json)).toBe(expected);
  });

  test('is cut at a whole character', () => {
    expect(name(JSON.stringify({ func: 'x'.repeat(1_000) }))).toBeUndefined();
    expect(name(JSON.stringify({ func: 'x'.repeat(500) }))).toBe('x'.repeat(MAX_FUNCTION_NAME));
    expect(name(JSON.stringify({ func: `${'x'.repeat(MAX_FUNCTION_NAME - 1)}😀` }))).toBe('x'.repeat(159));
  });

  test('is read from the beginning of a param, whatever follows', () => {
    const data = base64(JSON.stringify({ func: 'charge', args: ['x'.repeat(10_000)] }));
    expect(functionName({ data })).toBe('charge');
    expect(
      functionNameOf(JSON.stringify({ headers: { data: base64('{"func":"x"}') }, data }).slice(0, PARAM_HEAD)),
    ).toBe('charge');
    expect(functionNameOf('{}')).toBeUndefined();
    expect(functionName({})).toBeUndefined();
  });
});
