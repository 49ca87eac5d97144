import tseslint from 'typescript-eslint';

/**
 * Which packages each part may import: apps -> packages -> machine -> protocol, and database drivers only in their
 * dialect.
 */
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
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // Numbers in template strings are fine. Values that may be undefined or any are not.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // `() => close()` is the usual callback, and `return stop();` ends a function early.
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidOperator: true, ignoreVoidReturningFunctions: true },
      ],
      // `||` is allowed for strings, because an empty environment variable, message or name counts as absent.
      '@typescript-eslint/prefer-nullish-coalescing': ['error', { ignorePrimitives: { string: true } }],
      // Brackets show that the key may be missing: `env['PATH']`.
      '@typescript-eslint/dot-notation': ['error', { allowIndexSignaturePropertyAccess: true }],
      // Some interfaces describe objects of functions, and callers take single functions out of them. None of these
      // functions uses `this`.
      '@typescript-eslint/unbound-method': 'off',
      // `() => {}` is a deliberate no-op.
      '@typescript-eslint/no-empty-function': 'off',
      // A method without `await` may be async, so that its errors are rejections, too.
      '@typescript-eslint/require-await': 'off',
      // It forbids `Promise.withResolvers<void>()`, for which there is no other form.
      '@typescript-eslint/no-invalid-void-type': 'off',
      // `json<Shape>(text)` lets the caller name the result's type.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      // It demands `!`, which is forbidden.
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      // `order === null || order.endedAt !== null` shows two cases, and `?.` would hide one of them.
      '@typescript-eslint/prefer-optional-chain': 'off',
      // The type `string` hides the name of an optional package from tsc. Otherwise tsc would require it to be
      // installed.
      '@typescript-eslint/no-inferrable-types': 'off',
      'max-lines': ['error', { max: 400 }],
      'max-lines-per-function': ['error', { max: 70, skipComments: true, skipBlankLines: true }],
      eqeqeq: 'error',
      'prefer-const': 'error',
    },
  },
  {
    files: [
      '**/*.test.ts',
      '**/*.fixture.ts',
      'test/**',
      'bench/**',
      'packages/testkit/**',
      'packages/machine/test/**',
      'packages/store/src/conformance/**',
    ],
    rules: {
      'max-lines-per-function': 'off',
      // If a value is missing, the test fails at that line anyway.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // tsc does not know that variables of `beforeAll` are undefined after it failed, or that a callback changes the
      // condition of a loop.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // If a value is missing, the failure message shows it.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowNullish: true, allowBoolean: true },
      ],
      // Tests break records and environments on purpose.
      '@typescript-eslint/no-dynamic-delete': 'off',
    },
  },
  only(['packages/protocol/src/**'], []),
  only(['packages/admin/src/**'], ['protocol', 'protocol/address', 'protocol/records']),
  only(['packages/machine/src/**'], ['protocol']),
  only(['packages/config/src/**'], ['protocol']),
  only(['packages/observability/src/**'], ['config', 'protocol']),
  only(['packages/lifecycle/src/**'], ['observability']),
  only(['packages/store/src/**'], ['machine', 'protocol', 'protocol/sdk-error', 'testkit']),
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
      'admin/words',
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
