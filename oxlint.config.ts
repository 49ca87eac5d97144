import { defineConfig, type OxlintOverride } from 'oxlint';

/** These are imported by `packages/drivers` and where this file says so. */
const DRIVERS = ['pg', 'mysql2', 'mysql2/promise', 'better-sqlite3', 'ioredis', 'pg-boss'];

/**
 * Which packages of ours these files may import: apps -> packages -> machine -> protocol.
 *
 * @param allowed names without `@resonate/`
 */
function only(files: string[], allowed: string[], drivers: string[] = []): OxlintOverride {
  const paths = DRIVERS.filter((driver) => !drivers.includes(driver));
  const patterns = [
    {
      group: ['@resonate/*', '@resonate/*/*', ...allowed.map((name) => `!@resonate/${name}`)],
      message: 'this package may not import that one (see ARCHITECTURE.md)',
    },
  ];
  return { files, rules: { 'no-restricted-imports': ['error', { paths, patterns }] } };
}

/** What the roles may import. */
const ROLE_IMPORTS = [
  'admin',
  'admin/words',
  'config',
  'delivery',
  'drivers',
  'lifecycle',
  'maintenance',
  'observability',
  'process',
  'protocol',
  'store',
  'transports',
  'wakeup',
];

/** The strict and the stylistic rules of typescript-eslint, and those that take options or are from elsewhere. */
const STRICT = [
  'eqeqeq',
  'import/no-cycle',
  'no-array-constructor',
  'no-unused-expressions',
  'no-unused-vars',
  'no-useless-constructor',
  'no-var',
  'prefer-const',
  'prefer-rest-params',
  'prefer-spread',
  'typescript/adjacent-overload-signatures',
  'typescript/array-type',
  'typescript/await-thenable',
  'typescript/ban-tslint-comment',
  'typescript/class-literal-property-style',
  'typescript/consistent-generic-constructors',
  'typescript/consistent-indexed-object-style',
  'typescript/consistent-type-assertions',
  'typescript/consistent-type-definitions',
  'typescript/no-array-delete',
  'typescript/no-base-to-string',
  'typescript/no-confusing-non-null-assertion',
  'typescript/no-deprecated',
  'typescript/no-duplicate-enum-values',
  'typescript/no-duplicate-type-constituents',
  'typescript/no-dynamic-delete',
  'typescript/no-empty-object-type',
  'typescript/no-explicit-any',
  'typescript/no-extra-non-null-assertion',
  'typescript/no-extraneous-class',
  'typescript/no-floating-promises',
  'typescript/no-for-in-array',
  'typescript/no-generated-empty-object-type',
  'typescript/no-implied-eval',
  'typescript/no-meaningless-void-operator',
  'typescript/no-misused-new',
  'typescript/no-misused-promises',
  'typescript/no-misused-spread',
  'typescript/no-mixed-enums',
  'typescript/no-namespace',
  'typescript/no-non-null-asserted-nullish-coalescing',
  'typescript/no-non-null-asserted-optional-chain',
  'typescript/no-non-null-assertion',
  'typescript/no-redundant-type-constituents',
  'typescript/no-require-imports',
  'typescript/no-this-alias',
  'typescript/no-unnecessary-boolean-literal-compare',
  'typescript/no-unnecessary-condition',
  'typescript/no-unnecessary-template-expression',
  'typescript/no-unnecessary-type-arguments',
  'typescript/no-unnecessary-type-assertion',
  'typescript/no-unnecessary-type-constraint',
  'typescript/no-unnecessary-type-conversion',
  'typescript/no-unsafe-argument',
  'typescript/no-unsafe-assignment',
  'typescript/no-unsafe-call',
  'typescript/no-unsafe-declaration-merging',
  'typescript/no-unsafe-enum-comparison',
  'typescript/no-unsafe-function-type',
  'typescript/no-unsafe-member-access',
  'typescript/no-unsafe-return',
  'typescript/no-unsafe-unary-minus',
  'typescript/no-useless-default-assignment',
  'typescript/no-wrapper-object-types',
  'typescript/only-throw-error',
  'typescript/prefer-as-const',
  'typescript/prefer-find',
  'typescript/prefer-for-of',
  'typescript/prefer-function-type',
  'typescript/prefer-includes',
  'typescript/prefer-literal-enum-member',
  'typescript/prefer-namespace-keyword',
  'typescript/prefer-promise-reject-errors',
  'typescript/prefer-reduce-type-parameter',
  'typescript/prefer-regexp-exec',
  'typescript/prefer-return-this-type',
  'typescript/prefer-string-starts-ends-with',
  'typescript/related-getter-setter-pairs',
  'typescript/triple-slash-reference',
  'typescript/unified-signatures',
  'typescript/use-unknown-in-catch-callback-variable',
];

export default defineConfig({
  plugins: ['import', 'typescript'],
  categories: { correctness: 'off' },
  options: { typeAware: true, denyWarnings: true, reportUnusedDisableDirectives: 'error' },
  ignorePatterns: ['**/node_modules/**', '**/dist/**', 'coverage/**'],
  overrides: [
    {
      files: ['**/*.ts', '**/*.tsx'],
      rules: {
        ...Object.fromEntries(STRICT.map((rule) => [rule, 'error'])),
        'max-lines': ['error', { max: 400 }],
        'max-lines-per-function': ['error', { max: 70, skipComments: true, skipBlankLines: true }],
        'typescript/ban-ts-comment': ['error', { minimumDescriptionLength: 10 }],
        // Brackets show that the key may be missing: `env['PATH']`.
        'typescript/dot-notation': ['error', { allowIndexSignaturePropertyAccess: true }],
        // `() => close()` is the usual callback, and `return stop();` ends a function early.
        'typescript/no-confusing-void-expression': [
          'error',
          { ignoreArrowShorthand: true, ignoreVoidOperator: true, ignoreVoidReturningFunctions: true },
        ],
        // `||` is allowed for strings, because an empty environment variable, message or name counts as absent.
        'typescript/prefer-nullish-coalescing': ['error', { ignorePrimitives: { string: true } }],
        'typescript/restrict-plus-operands': [
          'error',
          {
            allowAny: false,
            allowBoolean: false,
            allowNullish: false,
            allowNumberAndString: false,
            allowRegExp: false,
          },
        ],
        // Numbers in template strings are fine. Values that may be undefined or any are not.
        'typescript/restrict-template-expressions': ['error', { allowNumber: true }],
        'typescript/return-await': ['error', 'error-handling-correctness-only'],
        'typescript/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
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
        'typescript/no-non-null-assertion': 'off',
        // tsc does not know that variables of `beforeAll` are undefined after it failed, or that a callback changes the
        // condition of a loop.
        'typescript/no-unnecessary-condition': 'off',
        // If a value is missing, the failure message shows it.
        'typescript/restrict-template-expressions': [
          'error',
          { allowNumber: true, allowNullish: true, allowBoolean: true },
        ],
        // Tests break records and environments on purpose.
        'typescript/no-dynamic-delete': 'off',
      },
    },
    only(['packages/protocol/src/**'], []),
    only(['packages/admin/src/**'], ['protocol', 'protocol/address', 'protocol/records']),
    only(['packages/machine/src/**'], ['protocol']),
    only(['packages/config/src/**'], ['protocol']),
    only(['packages/observability/src/**'], ['config', 'protocol']),
    only(['packages/lifecycle/src/**'], ['observability']),
    only(['packages/drivers/src/**'], []),
    only(['packages/drivers/src/sqlite/**'], [], ['better-sqlite3']),
    only(['packages/drivers/src/postgres/**'], [], ['pg']),
    only(['packages/drivers/src/mysql/**'], [], ['mysql2']),
    only(['packages/drivers/src/**/*.test.ts'], ['testkit'], DRIVERS),
    only(['packages/store/src/**'], ['drivers', 'machine', 'protocol', 'protocol/sdk-error', 'testkit']),
    ...['mysql', 'postgres', 'sqlite'].map((name) =>
      only([`packages/store/src/dialects/${name}/**`], ['drivers', `drivers/${name}`, 'machine', 'protocol']),
    ),
    only(['packages/store/src/open.ts'], ['drivers/sqlite']),
    only(
      ['packages/store/src/dialects/**/*.test.ts', 'packages/store/src/dialects/**/*.fixture.ts'],
      ['drivers', 'drivers/mysql', 'drivers/postgres', 'drivers/sqlite', 'machine', 'protocol', 'testkit'],
      DRIVERS,
    ),
    only(['packages/transports/src/**'], ['lifecycle', 'observability', 'protocol']),
    only(['packages/transports/src/**/*.test.ts'], ['lifecycle', 'observability', 'protocol', 'testkit']),
    only(
      ['packages/process/src/**'],
      ['config', 'drivers', 'drivers/postgres', 'lifecycle', 'observability', 'protocol', 'store', 'wakeup'],
    ),
    only(['packages/delivery/src/**'], ['lifecycle', 'observability', 'process', 'protocol', 'store']),
    only(['packages/wakeup/src/**'], ['lifecycle', 'observability', 'protocol'], ['ioredis', 'pg']),
    only(
      ['packages/wakeup/src/**/*.test.ts'],
      ['lifecycle', 'observability', 'protocol', 'testkit'],
      ['ioredis', 'pg'],
    ),
    only(
      ['packages/maintenance/src/**'],
      ['config', 'drivers', 'drivers/postgres', 'lifecycle', 'observability', 'process', 'store'],
      ['pg-boss'],
    ),
    only(
      ['packages/maintenance/src/**/*.test.ts'],
      ['config', 'lifecycle', 'observability', 'process', 'process/runtime-for-tests', 'store', 'testkit'],
      ['pg', 'pg-boss'],
    ),
    only(['apps/dashboard/src/**'], ['admin']),
    only(['apps/api/src/**', 'apps/scheduler/src/**', 'apps/dispatcher/src/**'], ROLE_IMPORTS),
    only(
      ['api', 'scheduler', 'dispatcher'].map((role) => `apps/${role}/src/**/*.{test,fixture}.ts`),
      [...ROLE_IMPORTS, 'process/runtime-for-tests'],
    ),
  ],
});
