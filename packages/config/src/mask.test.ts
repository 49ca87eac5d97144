import { describe, expect, test } from '@jest/globals';
import { maskUrls } from './index.ts';

describe('a URL in a text', () => {
  test.each([
    ['postgres://user:secret@host/db', 'postgres://user:***@host/db'],
    ['postgres://user:secret@a:5432,b:5432/db', 'postgres://user:***@a:5432,b:5432/db'],
    ['redis://:secret@host', 'redis://:***@host'],
    ['mysql://user:se@cr/et@host/db', 'mysql://user:***@host/db'],
    ['x://y then mysql://user:secret@host', 'x://y then mysql://user:***@host'],
    ['a://b/c://user:secret@host', 'a://b/c://user:***@host'],
    ['https://host/?token=secret&a=b', 'https://host/?token=***&a=b'],
    ['https://host/?a=b&my_api_key=sec?key=ret', 'https://host/?a=b&my_api_key=***'],
    ['https://host/?a=b?token=secret', 'https://host/?a=b?token=***'],
    ['https://host/?X-Amz-Signature=secret', 'https://host/?X-Amz-Signature=***'],
  ])('%s is shown as %s', (text, masked) => {
    expect(maskUrls(text)).toBe(masked);
  });

  test.each(['http://host/a@b', 'poll://any@group/id', 'https://host/?a=b&token=', 'no url ?token=x'])(
    '%s has no secret and is not changed',
    (text) => {
      expect(maskUrls(text)).toBe(text);
    },
  );
});

// With a pattern of several repetitions each of these took seconds or minutes.
test.each(['://', '?key', '://a:', '&token', '?', '&key=', '://:@', '://a:b@c?key=d&'])(
  'a megabyte of %s is masked within a second',
  (part) => {
    const text = `://${part.repeat(1_000_000 / part.length)}`;
    const start = performance.now();
    maskUrls(text);
    expect(performance.now() - start).toBeLessThan(1_000);
  },
);
