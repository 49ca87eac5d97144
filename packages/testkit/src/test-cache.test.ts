import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';

const before = process.env['XDG_CACHE_HOME'];

// The folder is chosen when the module is loaded.
beforeEach(() => void jest.resetModules());

afterEach(() => {
  if (before === undefined) delete process.env['XDG_CACHE_HOME'];
  else process.env['XDG_CACHE_HOME'] = before;
});

test.each([
  ['', join(homedir(), '.cache/resonate-tests')],
  ['/elsewhere', '/elsewhere/resonate-tests'],
])('with XDG_CACHE_HOME=%j the folder is %s', async (cacheHome, folder) => {
  process.env['XDG_CACHE_HOME'] = cacheHome;
  expect((await import('./test-cache.ts')).TEST_CACHE).toBe(folder);
});
