import { describe, expect, test } from '@jest/globals';
import { Codec } from '@resonatehq/sdk';
import { decodeValue, encodeValue } from '../../apps/dashboard/src/value/value.ts';

const sdk = new Codec();

describe('values are encoded as the SDK expects them', () => {
  test.each([['{"ok": true, "by": "Zoë 🎉"}'], ['null'], ['0'], ['"text"'], ['[1, [2]]']])('%s', (text) => {
    expect(sdk.decode(encodeValue(text))).toEqual(JSON.parse(text));
  });

  test('an empty text becomes undefined', () => {
    expect(encodeValue(' \n')).toEqual(sdk.encode(undefined));
  });

  test('an object that describes an error becomes an error of the SDK', () => {
    const error: unknown = sdk.decode(encodeValue('{"__type": "error", "name": "Refused", "message": "too late"}'));
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: 'Refused', message: 'too late' });
  });

  test('a text that is not JSON is refused', () => {
    expect(() => encodeValue('{ok: true}')).toThrow(SyntaxError);
  });
});

describe('values are decoded for display', () => {
  function nested(depth: number): string {
    return '['.repeat(depth) + ']'.repeat(depth);
  }

  test('a value that the SDK has encoded', () => {
    const param = decodeValue(sdk.encode({ func: 'pack', args: ['lamp'], version: 1 }));
    expect(param).toEqual({ kind: 'json', json: { func: 'pack', args: ['lamp'], version: 1 } });
  });

  test('an error of the SDK', () => {
    const decoded = decodeValue(sdk.encode(new TypeError('no such parcel')));
    expect(decoded).toMatchObject({ kind: 'error', name: 'TypeError', message: 'no such parcel' });
  });

  test.each([
    [undefined, { kind: 'empty' }],
    ['', { kind: 'empty' }],
    ['1234', { kind: 'json', json: 1234 }],
    ['{"a":1}', { kind: 'json', json: { a: 1 } }],
    ['plain words', { kind: 'text', text: 'plain words' }],
    ['aGVsbG8=', { kind: 'text', text: 'hello' }],
    ['/////w==', { kind: 'binary', bytes: 4 }],
    ['not/base64=', { kind: 'text', text: 'not/base64=' }],
    // With line breaks and indentation, deep JSON would be a thousand times as long.
    [nested(64), { kind: 'json', json: JSON.parse(nested(64)) as unknown }],
    [nested(65), { kind: 'text', text: nested(65) }],
  ])('%s', (data, decoded) => {
    expect(decodeValue({ data })).toEqual(decoded);
  });
});
