import tseslint from 'typescript-eslint';

/** Which packages each part may import (design: apps -> packages -> machine -> protocol; drivers only in their dialect). */
const DRIVERS = ['pg', 'mysql2', 'mysql2/promise', 'better-sqlite3', 'ioredis', 'pg-boss'];

function only(files, allowed, driversAllowed = []) {
  const banned = DRIVERS.filter((driver) => !driversAllowed.includes(driver));
  const patterns = [
    {
      regex: `^@resonate/(?!(${allowed.join('|') || '-'})$)`,
      message: 'this package may not import that one (see ARCHITECTURE.md)',
    },
  ];
  return {
    files,
    rules: { 'no-restricted-imports': ['error', { paths: banned, patterns }] },
  };
}

export default tseslint.config(
  { ignores: ['**/node_modules/**', '**/dist/**', 'coverage/**'] },
  ...tseslint.configs.recommended,
  {
    files: ['**/*.ts', '**/*.tsx'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      'max-lines': ['error', { max: 400 }],
      'max-lines-per-function': ['error', { max: 70, skipComments: true, skipBlankLines: true }],
      eqeqeq: 'error',
      'prefer-const': 'error',
    },
  },
  {
    files: ['**/*.test.ts', 'test/**', 'bench/**', 'packages/testkit/**', 'packages/store/src/conformance/**'],
    rules: { 'max-lines-per-function': 'off' },
  },
  only(['packages/protocol/src/**'], []),
  only(['packages/admin/src/**'], ['protocol', 'protocol/address', 'protocol/records']),
  only(['packages/machine/src/**'], ['protocol']),
  only(['packages/config/src/**'], ['protocol']),
  only(['packages/observability/src/**'], ['config', 'protocol']),
  only(['packages/lifecycle/src/**'], ['observability']),
  only(['packages/store/src/**'], ['machine', 'protocol', 'testkit']),
  only(['packages/store/src/dialects/sqlite/**'], ['machine', 'protocol'], ['better-sqlite3']),
  only(['packages/store/src/dialects/postgres/**'], ['machine', 'protocol'], ['pg']),
  only(['packages/store/src/dialects/mysql/**'], ['machine', 'protocol'], ['mysql2', 'mysql2/promise']),
  only(['packages/store/src/dialects/**/*.test.ts'], ['machine', 'protocol', 'testkit'], DRIVERS),
  only(['packages/transports/src/**'], ['lifecycle', 'observability', 'protocol']),
  only(['packages/transports/src/**/*.test.ts'], ['lifecycle', 'observability', 'protocol', 'testkit']),
  only(['packages/process/src/**'], ['config', 'lifecycle', 'observability', 'protocol', 'store', 'wakeup']),
  only(['packages/delivery/src/**'], ['lifecycle', 'observability', 'process', 'protocol', 'store']),
  only(['packages/wakeup/src/**'], ['lifecycle', 'observability', 'protocol'], ['ioredis', 'pg']),
  only(['packages/wakeup/src/**/*.test.ts'], ['lifecycle', 'observability', 'protocol', 'testkit'], ['ioredis', 'pg']),
  only(['packages/maintenance/src/**'], ['config', 'lifecycle', 'observability', 'process', 'store'], ['pg-boss']),
  only(
    ['packages/maintenance/src/**/*.test.ts'],
    ['config', 'lifecycle', 'observability', 'process', 'store', 'testkit'],
    ['pg', 'pg-boss'],
  ),
  only(['apps/dashboard/src/**'], ['admin']),
  only(
    ['apps/api/src/**', 'apps/scheduler/src/**', 'apps/dispatcher/src/**'],
    [
      'admin',
      'config',
      'delivery',
      'lifecycle',
      'maintenance',
      'observability',
      'process',
      'protocol',
      'store',
      'transports',
      'wakeup',
    ],
  ),
);
