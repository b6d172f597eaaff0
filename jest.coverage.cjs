/**
 * What decides whether others believe the ledger has no branch that no test took: its pure core, by its own specs.
 * A file that no spec loads counts as uncovered.
 *
 * @type {import('jest').Config}
 */
module.exports = {
  ...require('./jest.config.cjs'),
  testMatch: ['<rootDir>/libs/ledger/domain/**/*.spec.ts'],
  collectCoverage: true,
  collectCoverageFrom: ['libs/ledger/domain/**/*.ts', '!**/*.spec.ts', '!**/index.ts'],
  coverageReporters: [['text', { skipFull: true }]],
  coverageThreshold: { global: { branches: 100, functions: 100 } },
};
