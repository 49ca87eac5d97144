import { describe, expect, test } from '@jest/globals';
import { earliest, isHint, mergeHints, NOTHING, type Hint } from './hint.ts';
import { decodeMessage, encodeMessage } from './hint-message.ts';

const deliveries = (count: number, at: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`t${index}`, at]));

describe('merged hints', () => {
  test('keep the earlier of two times', () => {
    const one = { timerAt: 5, deliveries: { poll: 7, http: 1 } };
    const other = { timerAt: 3, deliveries: { poll: 9, gcps: 2 } };
    const both = { timerAt: 3, deliveries: { poll: 7, http: 1, gcps: 2 } };
    expect(mergeHints(one, other)).toEqual(both);
    expect(mergeHints(other, one)).toEqual(both);
  });

  test('are unchanged if merged with nothing', () => {
    const hint = { timerAt: null, deliveries: { poll: 0 } };
    expect(mergeHints(NOTHING, hint)).toEqual(hint);
    expect(mergeHints(NOTHING, NOTHING)).toEqual({ timerAt: null, deliveries: {} });
  });

  test('stay small, no matter what is merged', () => {
    let merged: Hint = NOTHING;
    for (let round = 0; round < 100; round++) {
      merged = mergeHints(merged, { timerAt: 1, deliveries: { [`transport-${round}`]: 2 ** 53, poll: round } });
    }
    expect(isHint(merged)).toBe(true);
    expect(merged.deliveries['poll']).toBe(0);
    // A NOTIFY takes less than 8,000 bytes.
    const longest = { ...merged, deliveries: { ...merged.deliveries } };
    expect(encodeMessage({ from: 'p'.repeat(200), sentAt: Date.now(), hint: longest }).length).toBeLessThan(4000);
  });

  test('do not list the targets of a transport that has too many', () => {
    const targets = { poll: deliveries(51, 5), http: deliveries(50, 6) };
    const merged = mergeHints(NOTHING, { timerAt: 1, deliveries: { poll: 5, http: 6 }, targets });
    expect(isHint(merged)).toBe(true);
    expect(merged).toEqual({ timerAt: 1, deliveries: { poll: 5, http: 6 }, targets: { http: targets.http } });
  });

  test('have the earliest due time', () => {
    expect(earliest({ timerAt: 5, deliveries: { poll: 7 } })).toBe(5);
    expect(earliest({ timerAt: null, deliveries: { poll: 7, http: 6 } })).toBe(6);
    expect(earliest(NOTHING)).toBe(Infinity);
  });
});

describe('a message', () => {
  test('arrives as it was sent', () => {
    // What a Python client sends as "never": a double.
    const hint = { timerAt: 2 ** 63, deliveries: { poll: 1, http: 2 } };
    const message = { from: 'p1', sentAt: 1_700_000_000_000, hint };
    expect(decodeMessage(encodeMessage(message))).toEqual(message);
  });

  const valid = { from: 'p1', sentAt: 1, timerAt: null, deliveries: {} };
  test.each([
    ['nothing', ''],
    ['no JSON', '{"from":'],
    ['no object', '[]'],
    ['null', 'null'],
    ['no sender', { ...valid, from: undefined }],
    ['a sender of a wrong type', { ...valid, from: 1 }],
    ['no time', { ...valid, sentAt: '1' }],
    ['a negative time', { ...valid, timerAt: -1 }],
    ['no timer', { ...valid, timerAt: undefined }],
    ['no deliveries', { ...valid, deliveries: null }],
    ['deliveries in a list', { ...valid, deliveries: [1] }],
    ['a delivery without a time', { ...valid, deliveries: { poll: null } }],
    ['a transport with a strange name', { ...valid, deliveries: { 'a b': 1 } }],
    ['a name that means something to JavaScript', '{"from":"p","sentAt":1,"timerAt":1,"deliveries":{"__proto__":1}}'],
    ['a target with a NUL', { ...valid, targets: { http: { 'http://a\0': 1 } } }],
    ['a target that is not well-formed', { ...valid, targets: { http: { 'http://\ud800': 1 } } }],
    ['too many targets', { ...valid, targets: { http: deliveries(51, 1) } }],
    ['too many transports', { ...valid, deliveries: deliveries(33, 1) }],
    ['more than we ever send', { ...valid, more: 'x'.repeat(8000) }],
  ])('of %s is not understood', (_, text) => {
    expect(decodeMessage(typeof text === 'string' ? text : JSON.stringify(text))).toBeNull();
  });

  test('of another version may have more transports and fields', () => {
    const text = JSON.stringify({ ...valid, deliveries: { kafka: 1 }, urgency: 'high' });
    expect(decodeMessage(text)?.hint).toEqual({ timerAt: null, deliveries: { kafka: 1 } });
  });
});
