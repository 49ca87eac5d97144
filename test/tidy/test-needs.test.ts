import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { runCommand } from '../processes/run-command.ts';
import { ROOT, textOf } from './sources.ts';

/** A machine without a browser lacks a program that only some suites of test/dashboard need. */
const WITHOUT_CHROMIUM = { CHROMIUM_PATH: '/nowhere/chromium' };
const WITH_CHROMIUM = { CHROMIUM_PATH: process.execPath };

async function listTests(env: Record<string, string>) {
  const jest = join(ROOT, 'node_modules/jest/bin/jest.js');
  const args = ['--experimental-vm-modules', jest, '--rootDir', ROOT, '--listTests', 'test/dashboard'];
  return runCommand(process.execPath, args, { env: { CI: '', ...env } });
}

describe('a program that is not installed', () => {
  test('leaves out the suites that start it, also through a file they import, and no others', async () => {
    const [without, with_] = await Promise.all([listTests(WITHOUT_CHROMIUM), listTests(WITH_CHROMIUM)]);
    const listed = new Set(without.stdout.split('\n'));
    const missing = with_.stdout.split('\n').filter((file) => !listed.has(file));
    expect(missing.map((file) => file.replace(`${ROOT}/`, '')).sort()).toEqual([
      'test/dashboard/dashboard.test.ts',
      'test/dashboard/dead-letters.test.ts',
      'test/dashboard/details.test.ts',
      'test/dashboard/graph-page.test.ts',
      'test/dashboard/home.test.ts',
    ]);
  });

  test('is an error in CI, with the names of the suites', async () => {
    const { code, stderr } = await listTests({ ...WITHOUT_CHROMIUM, CI: 'true' });
    expect(code).not.toBe(0);
    expect(stderr).toContain('test/dashboard/dashboard.test.ts: needs Chromium');
  });
});

test('CI runs the command line that the section "Test it" of README.md names', () => {
  const line = /^## Test it\n[\s\S]*?^ {4}(\S.*)$/m.exec(textOf('README.md'))?.[1];
  expect(line).toBe('scripts/setup-tests.sh && npm run check');
  expect(textOf('.ci/run').trimEnd().split('\n').at(-1)).toBe(line);
});
