import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeLeftOut, leftOut, TEST_FILES } from './scripts/test-needs.ts';

// For the hundreds of processes that tests start: importing packages/store takes 0.2 s of a processor instead of 0.5.
process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), 'resonate-test-compile-cache');

const missing = leftOut();
if (process.env.CI && missing.length > 0) throw new Error(describeLeftOut(missing));

/** Tests sit beside what they test (`*.test.ts`) and, across packages, in test/. */
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
