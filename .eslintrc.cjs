'use strict';

// Promises that nobody waits for end as unhandled rejections, and those may end a worker.
const typeAware = {
  '@typescript-eslint/no-floating-promises': 'error',
  '@typescript-eslint/no-misused-promises': [ 'error', { checksVoidReturn: false }],
};

module.exports = {
  root: true,
  // Apps as users write them, and what a command makes of them.
  ignorePatterns: [ 'test/fixtures/migrate/*/**' ],
  extends: 'eslint-config-egg/typescript',
  reportUnusedDisableDirectives: true,
  rules: {
    'max-len': [ 'error', { code: 140, ignoreStrings: true, ignoreTemplateLiterals: true, ignoreRegExpLiterals: true, ignoreUrls: true }],
    'no-multiple-empty-lines': [ 'error', { max: 1, maxBOF: 0, maxEOF: 0 }],
    'newline-per-chained-call': [ 'error', { ignoreChainWithDepth: 4 }],
    'eggache/no-only-tests': 'error',
    // `return this.x ??= make()` is how lazy members are written here.
    'no-return-assign': 'off',
    // Optional peers and slow modules are required where they are needed, and not before.
    '@typescript-eslint/no-var-requires': 'off',
    // Only the parameters that need a word are described.
    'jsdoc/check-param-names': 'off',
  },
  overrides: [
    {
      files: [ '*.ts' ],
      rules: {
        '@typescript-eslint/consistent-type-imports': [ 'error', { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false }],
        '@typescript-eslint/member-delimiter-style': [ 'error', { singleline: { delimiter: 'semi', requireLast: false } }],
        '@typescript-eslint/type-annotation-spacing': 'error',
        '@typescript-eslint/no-unused-vars': [ 'error', { argsIgnorePattern: '^_' }],
        '@typescript-eslint/no-use-before-define': [ 'error', { functions: false, classes: true, variables: false }],
        // The compiler knows these better: types stand in the signature, a switch covers every case of a union, `&` takes numbers.
        'jsdoc/require-returns-type': 'off',
        'default-case': 'off',
        'no-bitwise': 'off',
      },
    },
    {
      files: [ '*.ts' ],
      // Files that declare event types, and those that see them, have projects of their own.
      excludedFiles: [ 'egg-socket.io/index.d.ts', 'test/fixtures/**', 'templates/**', 'test/types/*/**', 'example/**' ],
      parserOptions: { project: './tsconfig.json', tsconfigRootDir: __dirname },
      rules: typeAware,
    },
    {
      files: [ 'example/chat/**/*.ts' ],
      parserOptions: { project: './example/chat/tsconfig.json', tsconfigRootDir: __dirname },
      rules: typeAware,
    },
    {
      files: [ 'lib/**/*.ts', 'app/**/*.ts', 'config/**/*.ts', 'egg-socket.io/**/*.ts' ],
      rules: { '@typescript-eslint/no-explicit-any': 'error' },
    },
    {
      files: [ '*.js', '*.cjs' ],
      rules: { 'no-undef': 'error' },
    },
    {
      // Tables of cases make tests in loops.
      files: [ 'test/**', 'benchmark/**' ],
      rules: { 'no-loop-func': 'off' },
    },
    {
      files: [ 'example/*/app/public/**/*.js' ],
      env: { browser: true, node: false },
      parserOptions: { sourceType: 'module' },
    },
  ],
};
