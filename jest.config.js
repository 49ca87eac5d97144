import { tmpdir } from 'node:os';
import { join } from 'node:path';

// For the hundreds of processes that tests start: importing packages/store takes 0.2 s of a processor instead of 0.5.
process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), 'resonate-test-compile-cache');

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
  testMatch: [
    '<rootDir>/packages/**/*.test.ts',
    '<rootDir>/apps/**/*.test.ts',
    '<rootDir>/clients/**/*.test.ts',
    '<rootDir>/test/**/*.test.ts',
    '<rootDir>/bench/**/*.test.ts',
  ],
  testTimeout: 120_000,
};
