import { describe, expect, test } from '@jest/globals';
import { decodedText } from '@resonate/protocol/sdk-error';
import { base64, durationMs, valueOf } from './arguments.ts';

describe('a duration', () => {
  test.each([
    ['100ms', 100],
    ['30s', 30_000],
    ['1h30m', 5_400_000],
    ['1d2h3m4s5ms', 93_784_005],
    ['0s1ms', 1],
  ])('of %s is %d ms', (text, ms) => {
    expect(durationMs(text, '--ttl')).toBe(ms);
  });

  test.each(['', '0', '0s', '0ms', '5', '5w', 's', '1.5h', '-1s', '1h 30m', '99999999999999999d'])(
    'is not "%s"',
    (text) => {
      expect(() => durationMs(text, '--ttl')).toThrow('--ttl');
    },
  );
});

describe('a value', () => {
  test.each([
    ['{"data":"hi"}', { data: 'aGk=' }],
    ['{"data":""}', { data: '' }],
    ['{"data":{"a":[1]},"headers":{"h":"1"}}', { data: base64('{"a":[1]}'), headers: { h: '1' } }],
    ['{"data":null}', { data: base64('null') }],
    ['{"headers":{}}', { headers: {} }],
  ])('%s is sent with its data in base64', (text, value) => {
    expect(valueOf(text, '--value')).toEqual(value);
  });

  test.each(['"text"', 'null', '[1]', '{"approved":true}', '{"data":1,"header":{}}'])('%s is refused', (text) => {
    expect(() => valueOf(text, '--value')).toThrow('--value must be an object with only data and headers');
  });

  test.each(['', 'hi', 'é 🟢', '{"a":1}', 'two\nlines'])('is shown as it was written: %j', (text) => {
    expect(decodedText(base64(text))).toBe(text);
  });

  test.each(['done', 'plain text', 'abc=', base64('\u0000\u0001'), '////'])(
    'that is not readable base64 is shown unchanged: %j',
    (data) => {
      expect(decodedText(data)).toBe(data);
    },
  );
});
