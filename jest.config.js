import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeLeftOut, leftOut, TEST_FILES } from './scripts/test-needs.ts';

// Tests start hundreds of processes. With this cache, importing packages/store takes 0.2 s of CPU time instead of 0.5
// s.
process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), 'resonate-test-compile-cache');

const missing = leftOut();
if (process.env.CI && missing.length > 0) throw new Error(describeLeftOut(missing));

/** Tests are beside the code that they test (`*.test.ts`). Tests across packages are in test/. */
export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, module: { type: 'es6' }, sourceMaps: 'inline' },
    ],
  },
  testMatch: TEST_FILES.map((files) => `<rootDir>/${files}`),
  testPathIgnorePatterns: ['/node_modules/', ...missing.map(({ file }) => `<rootDir>/${file}$`)],
  reporters: ['default', '<rootDir>/scripts/left-out-reporter.ts'],
  testTimeout: 120_000,
};
