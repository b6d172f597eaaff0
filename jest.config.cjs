const { availableParallelism } = require('node:os');

/** @type {import('jest').Config} */
module.exports = {
  // Specs run beside the modules of the specs before them, loaded once a worker (docs/adr/0037).
  testEnvironment: '<rootDir>/libs/platform/testing/jest-environment.cjs',
  testEnvironmentOptions: { globalsCleanup: 'off' },
  // Most tests wait for servers of their own, so three run at once even on two cores, where Jest would take one.
  maxWorkers: Math.max(3, Math.floor(availableParallelism() / 2)),
  // What a worker's own allocator keeps after hundreds of servers goes back with it.
  workerIdleMemoryLimit: '1.5GB',
  // One embedded PostgreSQL a run, started by the first test that needs it.
  globalSetup: '<rootDir>/libs/platform/testing/jest-setup.ts',
  globalTeardown: '<rootDir>/libs/platform/testing/jest-teardown.ts',
  // The first hook of a run also waits for that server to start.
  testTimeout: 60_000,
  roots: ['<rootDir>/apps', '<rootDir>/libs', '<rootDir>/migrations', '<rootDir>/test'],
  testMatch: ['**/*.spec.ts'],
  transform: {
    '\\.spec\\.ts$': '<rootDir>/libs/platform/testing/jest-transform.cjs',
    '\\.ts$': ['@swc/jest', require('./libs/platform/testing/compile-sources.cjs').OPTIONS],
  },
};
