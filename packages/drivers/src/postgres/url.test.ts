import { expect, test } from '@jest/globals';
import { hostsOf } from './url.ts';

test.each([
  ['postgres://u:p@a:5432,b:5433/db?target_session_attrs=read-write', ['a:5432', 'b:5433']],
  ['postgresql://u:p@a,b/db?target_session_attrs=any', ['a:5432', 'b:5432']],
  ['postgres://u:p@[::1]:5432,[fd00::2]:6432/db', ['[::1]:5432', '[fd00::2]:6432']],
  ['postgres://u:p,q@a,b', ['a:5432', 'b:5432']],
  ['postgres://a,b?options=-c%20search_path%3Dx,y', ['a:5432', 'b:5432']],
  ['postgres://u:p@a:5432/db', ['a:5432']],
  // pg takes such a % as it is.
  ['postgres://u:50%off@a/db', ['a:5432']],
])('%s names its servers', (url, names) => {
  expect(hostsOf(url).map(({ name }) => name)).toEqual(names);
});

test('each server is reached as the URL says, an IPv6 address without its brackets', () => {
  expect(hostsOf('postgres://u:p@[::1]:1,b:2/db?sslmode=require')).toMatchObject([
    { host: '::1', port: 1, url: 'postgres://u:p@[::1]:1/db?sslmode=require&uselibpqcompat=true' },
    { host: 'b', port: 2, url: 'postgres://u:p@b:2/db?sslmode=require&uselibpqcompat=true' },
  ]);
});

test.each([
  ['postgres://u:hunter2@a:5432,/db', 'host 2 of the Postgres URL is empty'],
  ['postgres://u:hunter2@a:5432,b:99999/db', 'host 2 of the Postgres URL is malformed'],
  ['postgres://u:hunter2@a,b:x/db', 'host 2 of the Postgres URL is malformed'],
  [
    'postgres://u:hunter2@a,b/db?target_session_attrs=read-only',
    'must be one of read-write, primary, any, because Resonate writes',
  ],
  [
    'postgres://u:hunter2@a/db?target_session_attrs=standby',
    'must be one of read-write, primary, any, because Resonate writes',
  ],
  ['postgres://u:hunter2@x/db?host=a,b', 'names several hosts: write them before the path'],
  ['postgres://u:hunter2%e4x@a/db', 'the Postgres URL has a % that is not percent-encoded (write %25)'],
  ['postgres://u:hunter2@a/d%', 'the Postgres URL has a % that is not percent-encoded (write %25)'],
  ['postgres://u:hunter2@a%/db', 'the Postgres URL has a % that is not percent-encoded (write %25)'],
])('%s is refused without showing the password', (url, message) => {
  expect(() => hostsOf(url)).toThrow(message);
  expect(() => hostsOf(url)).not.toThrow('hunter2');
});
