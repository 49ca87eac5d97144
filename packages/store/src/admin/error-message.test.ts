import { describe, expect, test } from '@jest/globals';
import { errorMessageOf, VALUE_HEAD } from './error-message.ts';

const stored = (data: string) => JSON.stringify({ headers: {}, data }).slice(0, VALUE_HEAD);
const encoded = (value: unknown) => stored(Buffer.from(JSON.stringify(value)).toString('base64'));
const error = (message: string, more: object = {}) => ({ __type: 'error', message, stack: 'at x', ...more });

describe('the error of a promise that failed', () => {
  test.each([
    ['as the SDK stores it', encoded(error('no such address', { name: 'Error' })), 'no such address'],
    ['with its name', encoded(error('too late', { name: 'TypeError' })), 'TypeError: too late'],
    ['that joins several', encoded({ __type: 'aggregate_error', message: 'all failed', errors: [] }), 'all failed'],
    ['in several lines', encoded(error('a\n  b "c"')), 'a b "c"'],
    ['that is a text', encoded('over budget'), 'over budget'],
    ['that is an object', encoded({ code: 7 }), '{"code":7}'],
    ['that is no base64', stored('{"code": 7}'), '{"code": 7}'],
    ['that is a word, which is valid base64', stored('refused!'.slice(0, 7) + 'd'), 'refusedd'],
    ['without a message', encoded(error('', { name: 'Timeout' })), 'Timeout'],
    ['that is empty', '{}', undefined],
  ])('%s', (_, value, expected) => {
    expect(errorMessageOf(value)).toBe(expected);
  });

  test('is found behind headers, also if one of them is named data', () => {
    const data = Buffer.from('"over budget"').toString('base64');
    const headers = { data: 'a header', '{"\\': ',"data":"}' };
    expect(errorMessageOf(JSON.stringify({ headers, data }))).toBe('over budget');
    expect(errorMessageOf(JSON.stringify({ data, headers }))).toBe('over budget');
    expect(errorMessageOf(JSON.stringify({ headers }))).toBeUndefined();
    expect(errorMessageOf(JSON.stringify({ headers: { data: 'x'.repeat(10_000) }, data }).slice(0, VALUE_HEAD))).toBe(
      undefined,
    );
  });

  test('is found at the beginning of a long value', () => {
    const long = error('no such address', { stack: 'x'.repeat(10_000), name: 'TypeError' });
    expect(errorMessageOf(encoded(long))).toBe('no such address');
    expect(errorMessageOf(encoded(error('ü'.repeat(10_000))))).toBe(`${'ü'.repeat(299)}…`);
  });
});
