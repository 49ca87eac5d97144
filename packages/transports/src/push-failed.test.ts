import { expect, test } from '@jest/globals';
import { failureOf, PushFailed } from './push-failed.ts';

function coded(message: string, code: string): Error {
  return Object.assign(new Error(message), { code });
}

test.each([
  ['the reason alone', new Error('refused.'), 'refused'],
  [
    'its code, where the message lacks it',
    coded('other side closed', 'UND_ERR_SOCKET'),
    'other side closed (UND_ERR_SOCKET)',
  ],
  [
    'no second copy of a code that is in the message',
    coded('connect ECONNREFUSED ::1:1', 'ECONNREFUSED'),
    'connect ECONNREFUSED ::1:1',
  ],
  ['a cause', new Error('no broker', { cause: new Error('bad login') }), 'no broker: bad login'],
  [
    'each different reason of several tries',
    new AggregateError([coded('connect a', 'A'), coded('connect a', 'A'), new Error('b')], ''),
    'connect a (A); b',
  ],
  ['text that is no error', 'odd', 'odd'],
  ['no user and password of a URL', new Error('at https://me:pass@shop/hook'), 'at https://shop'],
  [
    'no path and query of a URL',
    new Error('request to http://metadata/identity?audience=https://shop/hook?key=secret failed, reason: no route'),
    'request to http://metadata failed, reason: no route',
  ],
  ['only one line', new Error('first\n  second'), 'first second'],
])('the text of a failure contains %s', (_name, error, said) => {
  expect(failureOf(error).message).toBe(said);
});

test('a PushFailed is returned unchanged, a long reason is cut, and a cyclic cause ends', () => {
  const failed = new PushFailed('the target answered 500');
  expect(failureOf(failed)).toBe(failed);
  expect(failureOf(new Error('x'.repeat(10_000))).message).toHaveLength(500);
  const loop = new Error('loop');
  loop.cause = loop;
  expect(failureOf(loop).message).toMatch(/^loop/);
});
